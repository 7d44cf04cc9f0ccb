import Foundation
import Testing

/// Scripts that say themselves what they print.
struct CorpusTests {
    static let folder = projectRoot.appending(path: "Tests/Corpus")
    static let scripts =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?
        .filter { $0.hasSuffix(".acu") }.sorted() ?? []

    @Test func `there are scripts to run`() {
        #expect(Self.scripts.count >= 3)
    }

    @Test(arguments: scripts)
    func `a script prints what its expect lines say`(name: String) async throws {
        let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        let marker = "# expect: "
        let expected = text.split(separator: "\n").filter { $0.hasPrefix(marker) }.map {
            String($0.dropFirst(marker.count))
        }
        let outcome = await run(text, named: name)
        #expect(outcome.mistake == nil, "\(outcome.message)")
        #expect(outcome.lines == expected)
    }
}
