import Diagnostics
import Machine

/// SHA-256 of the file at `path` in hexadecimal, read in pieces: a file of any size takes a few megabytes of
/// memory.
/// - Parameter stop: looked at between pieces.
/// - Throws: `interrupted`; `cannot-read`, also for what is no ordinary file.
public func sha256(ofFile path: String, stop: StopFlag = StopFlag()) throws(Diagnostic) -> String {
    let file = try RandomAccessFile(reading: path)
    var digest = Digest()
    var done = 0
    while done < file.size {
        try stop.check()
        let piece = try file.read(min(digestPieceBytes, file.size - done), of: UInt8.self, at: done)
        digest.add(piece)
        done += piece.count
    }
    return digest.text()
}

/// Large enough that reading one costs little beside its bytes.
private let digestPieceBytes = 4 << 20
