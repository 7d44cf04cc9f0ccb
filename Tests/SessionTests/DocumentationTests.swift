import Foundation
import Testing

/// The page of common mistakes: each code block and what is said to it, whole.
struct DocumentationTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let code: String
        let message: String
        var testDescription: String { code }
    }

    static let mistakes: [Mistake] = {
        let path = projectRoot.appending(path: "Documentation/Mistakes.md")
        let page = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        let blocks = page.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(
            \.element)
        return stride(from: 0, to: blocks.count - 1, by: 2).map { index in
            Mistake(
                code: blocks[index].trimmingCharacters(in: .newlines),
                message: String(blocks[index + 1].dropFirst()))
        }
    }()

    @Test func `the page shows twelve mistakes or more`() {
        #expect(Self.mistakes.count >= 12)
    }

    @Test(arguments: mistakes)
    func `the page says what the program says`(mistake: Mistake) async {
        #expect(await run(mistake.code, named: "script.acu").message == mistake.message)
    }
}
