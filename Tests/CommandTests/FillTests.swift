import Foundation
import Testing

/// `acuity fill`, on a document that quotes a table.
struct FillTests {
    private static let script = """
        experiment "t" {
            over block in ["plain", "good"]
            over seed in 1..3
            record block = block, seed = seed, psnr = 20 + seed + (if block == "good" { 1 } else { 0 })
        }
        """
    private static let document = """
        # Findings

        Text that stays.

        <!-- acuity
        best = maximum(column("t", "psnr"))
        print("The best is {best}.")
        -->
        An old number.
        <!-- end -->

        <!-- acuity
        pivot("t", rows = "block")
        print(best + 1)
        -->
        <!-- end -->
        The end, without a line break
        """

    private func withDocument(
        _ text: String, _ body: (_ folder: String, _ read: () throws -> String) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            try Self.script.write(toFile: folder + "/a.acu", atomically: true, encoding: .utf8)
            #expect(try Command.run(["run", "a.acu"], folder: folder).status == 0)
            try text.write(toFile: folder + "/d.md", atomically: true, encoding: .utf8)
            try body(folder) { try String(contentsOfFile: folder + "/d.md", encoding: .utf8) }
        }
    }

    @Test func `what cells show stands in the document, and what is around them stays`() throws {
        try withDocument(Self.document) { folder, read in
            let stale = try Command.run(["fill", "--check", "d.md"], folder: folder)
            #expect(stale.status == 1)
            #expect(
                stale.messages.contains("d.md:9: this is not what the tables say now"), "\(stale.messages)")
            #expect(try read() == Self.document)
            #expect(try Command.run(["fill", "d.md"], folder: folder).status == 0)
            #expect(
                try read() == """
                    # Findings

                    Text that stays.

                    <!-- acuity
                    best = maximum(column("t", "psnr"))
                    print("The best is {best}.")
                    -->
                    The best is 24.
                    <!-- end -->

                    <!-- acuity
                    pivot("t", rows = "block")
                    print(best + 1)
                    -->

                    | block | psnr ↑ |
                    | :--- | ---: |
                    | plain | 22.0 ± 1.0 |
                    | good | 23.0 ± 1.0 |

                    Mean ± standard deviation over 3 values of seed. No cell is told from all others of its column (p \\< 0.05).

                    25
                    <!-- end -->
                    The end, without a line break
                    """)
            #expect(try Command.run(["fill", "--check", "d.md"], folder: folder).status == 0)
        }
    }

    @Test(arguments: [
        ("<!-- acuity\nprint(1)\n", "error[unclosed-cell]", "d.md:1"),
        ("a\n<!-- acuity\nprint(1)\n-->\n2\n", "error[unclosed-cell]", "d.md:2"),
        ("a\n<!-- acuity\nprnt(1)\n-->\n2\n<!-- end -->\n", "error[unknown-name]", "d.md:3"),
        ("<!-- acuity\nrows(\"nothing\")\n-->\n<!-- end -->\n", "error[no-table]", "d.md:2"),
    ])
    func `a mistake names the document's line, and leaves it as it is`(
        text: String, code: String, place: String
    ) throws {
        try withDocument(text) { folder, read in
            let result = try Command.run(["fill", "d.md"], folder: folder)
            #expect(result.status == 1)
            #expect(result.messages.contains(code) && result.messages.contains(place), "\(result.messages)")
            #expect(try read() == text)
        }
    }
}
