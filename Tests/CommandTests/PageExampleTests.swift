import Foundation
import Testing

/// What README and the language's page show, run as it stands there but for the number of training steps.
struct PageExampleTests {
    private static let root = URL(filePath: FileManager.default.currentDirectoryPath)

    /// The fenced blocks of a page.
    private static func blocks(of page: String) throws -> [String] {
        let text = try String(contentsOf: root.appending(path: page), encoding: .utf8)
        return text.components(separatedBy: "\n```\n").enumerated().compactMap { index, part in
            index % 2 == 1 ? part : nil
        }
    }

    private static func block(of page: String, with words: String) throws -> String {
        try #require(blocks(of: page).first { $0.contains(words) }, "\(page) has no block with \(words)")
    }

    /// Runs `script` where the project's photographs can be found as from its root.
    private static func run(_ script: String, in folder: URL) throws -> CommandResult {
        try Data(script.utf8).write(to: folder.appending(path: "example.acu"))
        return try Command.run(["run", "example.acu"], folder: folder.path)
    }

    private static func withFolder(_ body: (URL) throws -> Void) throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "acuity-page-\(UUID().uuidString)")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        try files.createSymbolicLink(
            at: folder.appending(path: "experiments"),
            withDestinationURL: root.appending(path: "experiments"))
        try body(folder)
    }

    @Test func `the language in one page runs`() throws {
        let script = try Self.block(of: "Documentation/Language.md", with: "experiment \"orders\"")
        try Self.withFolder { folder in
            let result = try Self.run(
                script.replacing(#/steps = \d+/#, with: "steps = 1").replacing(
                    #/scenes\(\d+/#, with: "scenes(2"), in: folder)
            #expect(result.status == 0, "\(result.messages)")
            #expect(result.output.contains("psnr_gain"))
            let table = try String(
                contentsOf: folder.appending(path: "results/orders.csv"), encoding: .utf8)
            #expect(table.split(separator: "\n").count == 1 + 5)
        }
    }

    @Test func `the README's models and commands can be pasted whole`() throws {
        let script = try Self.block(of: "README.md", with: "export(again")
        let commands = try Self.block(of: "README.md", with: "acuity deblur")
        try Self.withFolder { folder in
            let result = try Self.run(
                script.replacing(#/steps = \d+/#, with: "steps = 1").replacing(
                    #/scenes\(\d+/#, with: "scenes(8"), in: folder)
            #expect(result.status == 0, "\(result.messages)")
            for line in commands.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                #expect(words.first == "acuity")
                let command = try Command.run(Array(words.dropFirst()), folder: folder.path)
                #expect(command.status == 0, "\(line): \(command.messages)")
            }
            let names = try FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: "restored").path)
            #expect(names.contains("rocket.png") || names.contains("rocket.jpg"))
        }
    }

    /// An entry of a transcript, and what the screen showed after it.
    private struct Entry {
        var code: String
        var shown = ""
    }

    private static func entries(of transcript: String) -> [Entry] {
        var entries: [Entry] = []
        var isCode = false
        for line in transcript.split(separator: "\n", omittingEmptySubsequences: false) {
            if let match = line.firstMatch(of: #/^\d+> (.*)$/#) {
                entries.append(Entry(code: String(match.1)))
                isCode = true
            } else if isCode, line.hasPrefix(" …") {
                entries[entries.count - 1].code += "\n" + line.dropFirst(3)
            } else if !entries.isEmpty {
                isCode = false
                entries[entries.count - 1].shown += line + "\n"
            }
        }
        return entries
    }

    @Test func `the README's session shows what the program shows`() throws {
        let all = Self.entries(of: try Self.block(of: "README.md", with: "1> "))
        // What a training gives depends on the machine's rounding and speed.
        let entries = all.filter { !$0.code.contains("model") }
        #expect(entries.count >= 6)
        let failing = try #require(entries.last)
        #expect(failing.shown.hasPrefix("error["))
        try Self.withFolder { folder in
            let script = entries.map(\.code).joined(separator: "\n") + "\n"
            let result = try Self.run(script, in: folder)
            #expect(result.status == 1)
            #expect(result.output == entries.dropLast().map(\.shown).joined())
            // The place and the numbers at the margin are those of the session.
            let message = failing.shown.split(separator: "\n").filter {
                !$0.contains("<prompt") && $0.firstMatch(of: #/^\s*\d* \|/#) == nil
            }
            for line in message {
                let words = line.drop { $0 == " " }
                #expect(result.messages.contains(words), "\(result.messages)")
            }
        }
    }
}
