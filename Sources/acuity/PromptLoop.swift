import Diagnostics
import Files
import Foundation
import Session
import Workbench

/// The prompt: reads entries with GNU readline and runs them.
struct PromptLoop {
    private var configuration: SessionConfiguration

    init(_ configuration: SessionConfiguration) {
        self.configuration = configuration
        self.configuration.isInteractive = true
    }

    /// Reads and runs entries on a thread with stack enough; the exit status.
    func run() -> Int32 {
        Interruption.install()
        let configuration = configuration
        do {
            return try withBigStack { Self.begin(configuration) }
        } catch {
            TerminalFrontEnd().report(error)
            return 1
        }
    }

    private static func begin(_ configuration: SessionConfiguration) -> Int32 {
        let frontEnd = TerminalFrontEnd()
        do {
            let session = try Session(configuration, frontEnd: frontEnd)
            run(session, frontEnd)
            return Interruption.isEnding ? Interruption.status : 0
        } catch {
            frontEnd.report(error)
            return 1
        }
    }

    /// Reads and runs entries until the input ends or the user leaves.
    static func run(_ session: Session, _ frontEnd: TerminalFrontEnd) {
        Interruption.survive()
        Output.results.write("Acuity \(Acuity.version) – `help` explains, Tab completes, Ctrl-D leaves\n")
        runInitialFile(session, frontEnd)
        let editor = LineEditor(session)
        frontEnd.isAtPrompt = true
        var number = 1
        while !Interruption.isEnding, let entry = editor.read(number: number) {
            let statement = entry.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !statement.isEmpty else { continue }
            // A pasted block ends with its last line's end.
            editor.remember(entry.trimmingCharacters(in: .newlines))
            if ["exit", "quit", "exit()", "quit()"].contains(statement), !session.isBound("exit", "quit") {
                return
            }
            do {
                try session.runEntry(Source(name: "<prompt:\(number)>", text: entry))
            } catch {
                frontEnd.report(error)
            }
            _ = Interruption.take()
            number += 1
        }
        Output.results.write("\n")
    }

    /// `$XDG_CONFIG_HOME/acuity/init.acu`, if there is one: what every session begins with.
    private static func runInitialFile(_ session: Session, _ frontEnd: TerminalFrontEnd) {
        guard let path = UserFolder.configuration.map({ $0 + "/init.acu" }),
            FileManager.default.fileExists(atPath: path)
        else { return }
        do {
            try session.run(Source(name: path, text: try readText(path, limit: Session.scriptLimit)))
        } catch {
            frontEnd.report(error)
        }
        _ = Interruption.take()
    }
}
