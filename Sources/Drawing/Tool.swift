import Diagnostics
import Foundation
import Machine

/// A program that draws: run with a script in a file, its result taken from its standard output.
package struct Tool: Sendable {
    package let name: String
    /// The Debian package that it comes in.
    package let debianPackage: String

    package init(name: String, debianPackage: String) {
        self.name = name
        self.debianPackage = debianPackage
    }

    package static let gnuplot = Tool(name: "gnuplot", debianPackage: "gnuplot-nox")
    package static let dot = Tool(name: "dot", debianPackage: "graphviz")

    /// Seconds after which a drawing is given up.
    private static let patience = 60.0

    /// What gnuplot draws in letters, without empty lines and page breaks.
    /// - Throws: as ``run(_:on:with:)``.
    package func letters(_ script: String) throws(Diagnostic) -> String {
        let lines = String(decoding: try run([], on: script), as: UTF8.self).split(separator: "\n").map {
            line in
            String(line.reversed().drop { $0 == " " || $0 == "\u{0C}" }.reversed()).filter { $0 != "\u{0C}" }
        }
        return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    /// A text in single quotes, in which gnuplot reads nothing special.
    package static func quoted(_ text: String) -> String {
        "'" + text.filter { !$0.isNewline }.replacing("'", with: "''") + "'"
    }

    /// Runs it on `script`, whose file's name comes after `arguments`.
    /// - Parameter files: that stand in its folder while it runs, by their names.
    /// - Throws: `missing-program`; `drawing-failed` with what the program said.
    package func run(
        _ arguments: [String], on script: String, with files: [String: [UInt8]] = [:]
    ) throws(Diagnostic) -> [UInt8] {
        guard let executable else { throw .missingProgram(self) }
        let folder = FileManager.default.temporaryDirectory.path + "/acuity-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let paths = ["script", "result", "messages"].map { folder + "/" + $0 }
            try script.write(toFile: paths[0], atomically: false, encoding: .utf8)
            for (name, bytes) in files { try Data(bytes).write(to: URL(filePath: folder + "/" + name)) }
            for path in paths.dropFirst() { try Data().write(to: URL(filePath: path)) }
            let process = Process()
            process.executableURL = URL(filePath: executable)
            process.arguments = arguments + [paths[0]]
            process.currentDirectoryURL = URL(filePath: folder)
            process.standardInput = FileHandle.nullDevice
            // Files rather than pipes: they hold any amount without anyone reading.
            process.standardOutput = try FileHandle(forWritingTo: URL(filePath: paths[1]))
            process.standardError = try FileHandle(forWritingTo: URL(filePath: paths[2]))
            try Children.start {
                try process.run()
                return process.processIdentifier
            }
            defer { Children.remove(process.processIdentifier) }
            Self.wait(for: process)
            guard process.terminationStatus == 0 else {
                let said = (try? String(contentsOfFile: paths[2], encoding: .utf8)) ?? ""
                throw Diagnostic.drawingFailed(self, said: said)
            }
            return Array(try Data(contentsOf: URL(filePath: paths[1])))
        } catch let diagnostic as Diagnostic {
            throw diagnostic
        } catch {
            throw .drawingFailed(self, said: error.localizedDescription)
        }
    }

    /// Kills it where it takes longer than anybody waits.
    private static func wait(for process: Process) {
        let deadline = ContinuousClock.now + .seconds(patience)
        while process.isRunning, ContinuousClock.now < deadline { usleep(2000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    private var executable: String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

extension Diagnostic {
    fileprivate static func missingProgram(_ tool: Tool) -> Diagnostic {
        Diagnostic(
            "missing-program", "`\(tool.name)` does the drawing, and is not installed",
            hint: "on Debian or Ubuntu: apt install \(tool.debianPackage)")
    }

    fileprivate static func drawingFailed(_ tool: Tool, said: String) -> Diagnostic {
        let lines = said.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }.suffix(2)
        return Diagnostic(
            "drawing-failed", "`\(tool.name)` could not draw this", notes: lines.map { "it says: \($0)" })
    }
}
