import Diagnostics
import Foundation

/// `count` elements from the byte `offset` of an open file on, as they lie in memory on this machine.
///
/// Read into raw memory in one go: other modules call this unspecialised, where work done for each element
/// costs a call.
/// - Parameter name: what to call the file in a diagnostic.
/// - Throws: `cannot-read`, also where the file ends before.
func readElements<Element: BitwiseCopyable>(
    _ count: Int, of type: Element.Type, from file: Int32, at offset: Int, named name: String
) throws(Diagnostic) -> [Element] {
    var failure: String?
    let elements = [Element](unsafeUninitializedCapacity: count) { buffer, filled in
        let bytes = count * MemoryLayout<Element>.stride
        var done = 0
        while done < bytes {
            let got = pread(
                file, UnsafeMutableRawPointer(buffer.baseAddress!) + done, bytes - done, off_t(offset + done))
            if got > 0 {
                done += got
            } else if got == 0 {
                failure = "it has become shorter"
                return
            } else if errno != EINTR {
                failure = String(cString: strerror(errno))
                return
            }
        }
        filled = count
    }
    if let failure { throw .cannotRead(name, reason: failure) }
    return elements
}
