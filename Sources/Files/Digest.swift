import Crypto

/// SHA-256 of `bytes` in hexadecimal, as `sha256sum` prints it.
public func sha256(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

/// The first 16 hexadecimal digits of the SHA-256 of `text` in UTF-8: enough to tell apart all texts that anyone will have.
public func shortDigest(_ text: String) -> String { String(sha256(Array(text.utf8)).prefix(16)) }
