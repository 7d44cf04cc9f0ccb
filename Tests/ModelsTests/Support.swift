import Diagnostics
import Foundation

/// A folder that is removed after the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    func contents(_ file: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
    }

    func write(_ text: String, to file: String) throws {
        try text.write(toFile: "\(path)/\(file)", atomically: false, encoding: .utf8)
    }
}

/// The diagnostic that `body` throws, rendered as a person sees it; empty if it throws none.
func message(_ body: () throws(Diagnostic) -> Void) -> String {
    do throws(Diagnostic) {
        try body()
        return ""
    } catch {
        return Renderer(coloured: false).render(error)
    }
}
