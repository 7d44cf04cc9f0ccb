import COpenSSL

/// A SHA-256 that is computed piece by piece.
public struct Digest: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto computes no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    public mutating func add(_ text: String) { add(Array(text.utf8)) }

    /// Adds the bytes of the numbers, the lowest first, on most machines without a copy.
    public mutating func add(_ numbers: [Float]) {
        #if _endian(little)
            numbers.withUnsafeBytes { add($0) }
        #else
            numbers.map { $0.bitPattern.littleEndian }.withUnsafeBytes { add($0) }
        #endif
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // It fails for no context that was made, however many bytes there are.
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            preconditionFailure("libcrypto takes no bytes into a SHA-256")
        }
    }

    /// In hexadecimal, as `sha256sum` prints it.
    public consuming func text() -> String {
        var hash = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(context, &hash, nil) == 1 else {
            preconditionFailure("libcrypto ends no SHA-256")
        }
        let digits = Array("0123456789abcdef")
        return String(hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

/// SHA-256 of `bytes` in hexadecimal.
public func sha256(_ bytes: [UInt8]) -> String {
    var digest = Digest()
    digest.add(bytes)
    return digest.text()
}

/// The first 16 hexadecimal digits of the SHA-256 of `text` in UTF-8: enough to tell apart all texts that
/// anyone will have.
public func shortDigest(_ text: String) -> String { String(sha256(Array(text.utf8)).prefix(16)) }
