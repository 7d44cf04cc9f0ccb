import Crypto

/// A SHA-256 that is worked out piece by piece.
public struct Digest {
    private var hash = SHA256()

    public init() {}

    public mutating func add(_ bytes: [UInt8]) { hash.update(data: bytes) }

    public mutating func add(_ text: String) { add(Array(text.utf8)) }

    /// Adds the bytes of the numbers, the lowest first, on most machines without a copy.
    public mutating func add(_ numbers: [Float]) {
        #if _endian(little)
            numbers.withUnsafeBytes { hash.update(bufferPointer: $0) }
        #else
            numbers.map { $0.bitPattern.littleEndian }.withUnsafeBytes { hash.update(bufferPointer: $0) }
        #endif
    }

    /// In hexadecimal, as `sha256sum` prints it.
    public var text: String {
        let digits = Array("0123456789abcdef")
        return String(hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

/// SHA-256 of `bytes` in hexadecimal.
public func sha256(_ bytes: [UInt8]) -> String {
    var digest = Digest()
    digest.add(bytes)
    return digest.text
}

/// The first 16 hexadecimal digits of the SHA-256 of `text` in UTF-8: enough to tell apart all texts that
/// anyone will have.
public func shortDigest(_ text: String) -> String { String(sha256(Array(text.utf8)).prefix(16)) }
