/// How a camera was held, as its Exif block says: where the image's first row and column are to be seen
/// [Exif 2.32, tag 0x0112].
///
/// Read here rather than by a library, for this is the one number of the many in an Exif block that decides
/// what an image looks like, and nothing that a file says in it can harm code that checks its bounds.
public enum Orientation: Int, Sendable, CaseIterable {
    case asStored = 1
    case mirrored = 2
    case upsideDown = 3
    case flipped = 4
    case transposed = 5
    /// Stored turned to the left; turning it clockwise sets it right.
    case turnedLeft = 6
    case transversed = 7
    /// Stored turned to the right.
    case turnedRight = 8

    /// Whether width and height change places.
    var isSideways: Bool {
        switch self {
        case .asStored, .mirrored, .upsideDown, .flipped: false
        case .transposed, .turnedLeft, .transversed, .turnedRight: true
        }
    }

    /// - Parameter exif: a TIFF structure, as it stands behind `Exif\0\0`. One that is damaged or does not
    ///   say is taken as saying nothing, as every viewer does.
    public init(exif: [UInt8]) {
        self = Self.find(in: exif) ?? .asStored
    }

    private static func find(in bytes: [UInt8]) -> Orientation? {
        guard bytes.count >= 8, bytes[0] == bytes[1], bytes[0] == 0x49 || bytes[0] == 0x4D else { return nil }
        let isLittleEndian = bytes[0] == 0x49
        /// `nil` beyond the end.
        func number(at offset: Int, bytes count: Int) -> Int? {
            guard offset <= bytes.count - count else { return nil }
            let part = bytes[offset..<offset + count]
            return isLittleEndian
                ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(at: 2, bytes: 2) == 42, let directory = number(at: 4, bytes: 4),
            let count = number(at: directory, bytes: 2)
        else { return nil }
        for index in 0..<count {
            let entry = directory + 2 + 12 * index
            guard let tag = number(at: entry, bytes: 2), let type = number(at: entry + 2, bytes: 2),
                let values = number(at: entry + 4, bytes: 4), let value = number(at: entry + 8, bytes: 2)
            else { return nil }
            // Type 3 is a 16-bit number, which stands in the entry itself.
            if tag == 0x0112 { return type == 3 && values == 1 ? Orientation(rawValue: value) : nil }
        }
        return nil
    }
}

extension Orientation {
    /// A stored image's samples, as many to a pixel as there are, in the order that they are to be seen in.
    func applied<Sample>(to samples: [Sample], width: Int, height: Int) -> [Sample] {
        let (right, bottom) = (width - 1, height - 1)
        func taken(from source: (Int, Int) -> (x: Int, y: Int)) -> [Sample] {
            rearranged(
                samples, width: width, height: height,
                into: isSideways ? (height, width) : (width, height), from: source)
        }
        return switch self {
        case .asStored: samples
        case .mirrored: taken { (right - $0, $1) }
        case .upsideDown: taken { (right - $0, bottom - $1) }
        case .flipped: taken { ($0, bottom - $1) }
        case .transposed: taken { ($1, $0) }
        case .turnedLeft: taken { ($1, bottom - $0) }
        case .transversed: taken { (right - $1, bottom - $0) }
        case .turnedRight: taken { (right - $1, $0) }
        }
    }
}

extension Image {
    /// The image as it is to be seen.
    public func oriented(_ orientation: Orientation) -> Image {
        Image(
            width: orientation.isSideways ? height : width, height: orientation.isSideways ? width : height,
            channels: channels, pixels: orientation.applied(to: pixels, width: width, height: height))
    }
}
