import Foundation
import ReadlineShim

/// The user's editor: `$VISUAL`, `$EDITOR` or vi.
enum Editor {
    /// Opens `text` as a script.
    /// - Returns: the text as it was left; `nil` where the editor could not be run or failed.
    static func open(_ text: String) -> String? {
        let folder = FileManager.default.temporaryDirectory.path
        let file = "\(folder)/acuity-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).acu"
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { return nil }
        defer { unlink(file) }
        let environment = ProcessInfo.processInfo.environment
        let editor =
            [environment["VISUAL"], environment["EDITOR"]].compactMap { $0 }.first { !$0.isEmpty } ?? "vi"
        let status = acuity_run_in_terminal("\(editor) '\(file.replacing("'", with: "'\\''"))'")
        // Ctrl-C was for the editor.
        _ = Interruption.take()
        guard status == 0, let data = FileManager.default.contents(atPath: file) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
