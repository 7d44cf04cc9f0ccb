import Diagnostics

/// Images in the PPM format, one behind the other [netpbm's `ppm`]: what programs pass to one another.
public struct PortablePixmaps {
    private static let mostHeader = 64

    private let read: (Int) -> [UInt8]

    /// - Parameter read: gives at most so many of the next bytes, and none at the end.
    public init(read: @escaping (Int) -> [UInt8]) { self.read = read }

    /// The next image; `nil` at the end.
    /// - Throws: `corrupt-picture` for anything else.
    public mutating func next(named name: String) throws(Diagnostic) -> Image? {
        guard let numbers = try header(named: name) else { return nil }
        let (width, height, top) = (numbers[1], numbers[2], numbers[3])
        guard width <= 1 << 20, height <= (1 << 27) / width, top == 255 || top == 65535 else {
            throw .badPixmap(name, "a frame claims \(width)×\(height) pixels of samples up to \(top)")
        }
        let count = width * height * 3 * (top == 255 ? 1 : 2)
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = read(min(count - bytes.count, 1 << 20))
            guard !more.isEmpty else { throw .badPixmap(name, "a frame is cut short") }
            bytes += more
        }
        guard top == 65535 else {
            return Image(width: width, height: height, channels: 3, quantised: bytes)
        }
        let samples = stride(from: 0, to: count, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        return Image(width: width, height: height, channels: 3, pixels: samples.map { Float($0) / 65535 })
    }

    /// P6, width, height and the largest sample, each followed by one blank; `nil` at the end.
    private func header(named name: String) throws(Diagnostic) -> [Int]? {
        var numbers: [Int] = []
        var word: [UInt8] = []
        var length = 0
        while numbers.count < 4 {
            guard let byte = read(1).first else {
                guard length == 0 else { throw .badPixmap(name, "a frame's header is cut short") }
                return nil
            }
            length += 1
            guard length <= Self.mostHeader else { throw .badPixmap(name, "a frame has no header") }
            guard [0x20, 0x0A, 0x0D, 0x09].contains(byte) else {
                word.append(byte)
                continue
            }
            if numbers.isEmpty, word == Array("P6".utf8) {
                numbers.append(6)
            } else if !numbers.isEmpty, let number = Int(String(decoding: word, as: UTF8.self)), number > 0 {
                numbers.append(number)
            } else {
                throw .badPixmap(name, "a frame's header is no PPM header")
            }
            word = []
        }
        return numbers
    }
}

extension Diagnostic {
    fileprivate static func badPixmap(_ name: String, _ reason: String) -> Diagnostic {
        Diagnostic("corrupt-picture", "\(name) gives no frames: \(reason)")
    }
}
