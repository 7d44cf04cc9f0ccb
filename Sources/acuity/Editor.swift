import Foundation
import Machine

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
        // A signal is to reach the editor and not a shell around it; what is more than a program's name needs
        // that shell.
        let isName = editor.allSatisfy { $0.isLetter || $0.isNumber || "/._-+ ~".contains($0) }
        let command = "\(isName ? "exec " : "")\(editor) '\(file.replacing("'", with: "'\\''"))'"
        guard runInTerminal(command),
            let data = FileManager.default.contents(atPath: file)
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// Lets a command of the shell have the terminal. Ctrl-C and Ctrl-\ are for it alone; a signal that ends
    /// this program ends it too.
    /// - Returns: whether it succeeded.
    private static func runInTerminal(_ command: String) -> Bool {
        let keys = [SIGINT, SIGQUIT]
        let handlers = keys.map { signal($0, SIG_IGN) }
        defer { for (key, handler) in zip(keys, handlers) { signal(key, handler) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        // A child process inherits ignored signals and the signal mask; both are reset.
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for key in keys { sigaddset(&signals, key) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments = ["sh", "-c", command].map { (word: String) in strdup(word) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        let started = Children.start {
            var process: pid_t = 0
            guard !Interruption.isEnding,
                posix_spawn(&process, "/bin/sh", nil, &attributes, &arguments, environ) == 0
            else { return nil }
            return process
        }
        guard let process = started else { return false }
        defer { Children.remove(process) }
        var status: Int32 = -1
        while waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return false } }
        return status == 0
    }
}
