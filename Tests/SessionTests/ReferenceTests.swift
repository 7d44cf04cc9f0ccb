import Foundation
import Session
import Testing

struct ReferenceTests {
    @Test func `the reference part of the language page is printed from the table`() throws {
        let path = projectRoot.appending(path: "Documentation/Language.md")
        let page = try String(contentsOf: path, encoding: .utf8)
        #expect(Session.reference.replaced(in: page) == page, "run `make reference`")
    }
}
