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
                stale.messages.contains("d.md:9: this differs from what the tables say now"),
                "\(stale.messages)")
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

                    Mean ± standard deviation over 3 values of seed.

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
        // What stands between a marker that is missing or misspelt and the next one would be lost.
        (
            "<!-- acuity\n1\n-->\nold\n<!-- end --> \nText.\n<!-- acuity\n2\n-->\n<!-- end -->\n",
            "error[unknown-cell]", "d.md:5"
        ),
        (
            "<!-- acuity\n1\n-->\nold\n<!--End-->\nText.\n<!-- acuity\n2\n-->\n<!-- end -->\n",
            "error[unknown-cell]", "d.md:5"
        ),
        (
            "<!-- acuity\n1\n-->\nText.\n<!-- acuity\n2\n-->\n<!-- end -->\n", "error[unclosed-cell]",
            "d.md:1"
        ),
        (" <!-- Acuity\n1\n-->\n<!-- end -->\n", "error[unknown-cell]", "d.md:1"),
        ("<!-- acuity\r\n1\r\n-->\r\n<!-- end -->\r\n", "error[unknown-cell]", "d.md"),
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

    @Test
    func `a cell that shows a record or a model is up to date once it is filled, and its names are set`()
        throws
    {
        let text = """
            <!-- acuity
            seed = 1
            contrasts("t", of = "psnr", by = "block")[1]
            rows("t")[seed]
            plot("t", x = "block", y = "psnr", to = "p.svg")
            -->
            <!-- end -->

            """
        try withDocument(text) { folder, read in
            #expect(try Command.run(["fill", "d.md"], folder: folder).status == 0)
            let filled = try read()
            #expect(filled.contains("seed   1"), "\(filled)")
            let image = folder + "/p.svg"
            #expect(FileManager.default.fileExists(atPath: image))
            try FileManager.default.removeItem(atPath: image)
            let again = try Command.run(["fill", "--check", "d.md"], folder: folder)
            #expect(again.status == 0, "\(again.messages)")
            #expect(!FileManager.default.fileExists(atPath: image))
            #expect(try Command.run(["fill", "d.md", "--set", "seed=2"], folder: folder).status == 0)
            #expect(try read().contains("seed   2"))
            let unknown = try Command.run(["fill", "d.md", "--set", "sead=2"], folder: folder)
            #expect(unknown.status == 2)
            #expect(unknown.messages.contains("did you mean `seed`?"), "\(unknown.messages)")
        }
    }

    @Test func `a document keeps its permissions`() throws {
        try withDocument(Self.document) { folder, _ in
            let path = folder + "/d.md"
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(try Command.run(["fill", "d.md"], folder: folder).status == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `a document is left as it is where a row failed, and checking makes no table`() throws {
        let text = """
            <!-- acuity
            experiment "made" {
                over n in [1, 0]
                record x = 1 / n
            }
            -->
            <!-- end -->

            """
        try withDocument(text) { folder, read in
            let checked = try Command.run(["fill", "--check", "d.md"], folder: folder)
            #expect(checked.status == 1)
            #expect(checked.messages.contains("error[read-only]"), "\(checked.messages)")
            #expect(!FileManager.default.fileExists(atPath: folder + "/results/made.csv"))
            let filled = try Command.run(["fill", "d.md"], folder: folder)
            #expect(filled.status == 1)
            #expect(filled.messages.contains("error[division-by-zero]"), "\(filled.messages)")
            #expect(try read() == text)
        }
    }
}
