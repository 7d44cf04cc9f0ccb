import Diagnostics
import Foundation
import OrderedCollections
import Runs
import Samples
import Statistics
import Tables
import TestSupport
import Testing

struct SummaryTests {
    private func table(_ rows: [OrderedDictionary<String, Cell>]) -> ResultTable {
        ResultTable(
            rows: rows.enumerated().map { index, cells in
                ResultRow(
                    cells,
                    .init(fingerprint: String(format: "%016x", index), run: provenance()))
            })
    }

    /// Of each row, as its cells have them.
    private func axes(_ names: [String], of table: ResultTable) -> [String: [Recipe.Line]] {
        Dictionary(
            uniqueKeysWithValues: table.rows.map { row in
                (row.fingerprint, names.map { Recipe.Line($0, row[$0].description) })
            })
    }

    private func ablation(_ scores: [(String, [Double])]) -> ResultTable {
        table(
            scores.flatMap { name, values in
                values.enumerated().map { seed, psnr in
                    [
                        "transform": .text(name), "seed": .number(Double(seed + 1)),
                        "parameters": .number(name == "residual" ? 3000 : 2500), "psnr_db": .number(psnr),
                    ]
                }
            })
    }

    @Test func `rows that were scored by different definitions are not compared`() throws {
        func row(_ index: Int, _ metrics: String) -> ResultRow {
            ResultRow(
                ["x": .text("a\(index)"), "ssim": .number(0.9)],
                .init(
                    metrics: metrics, fingerprint: String(format: "%016x", index), run: provenance()))
        }
        let mixed = ResultTable(rows: [row(1, "ssim gaussian"), row(2, ""), row(3, "ssim matlab3d")])
        #expect(
            message { () throws(Diagnostic) in
                _ = try Summary(mixed, by: ["x"], ComparisonDesign(axes: axes(["x"], of: mixed)))
            } == """
                error[unequal-metrics]: the table's rows are scored by different definitions and cannot be compared
                   = note: the row 0000000000000001 has ssim gaussian, and 0000000000000003 has ssim matlab3d
                   = hint: score all rows with the same `psnr_profile` and `ssim_profile`; one row can record several

                """)
        let equal = ResultTable(rows: [row(1, "ssim gaussian"), row(2, ""), row(3, "ssim gaussian")])
        #expect(
            try Summary(equal, by: ["x"], ComparisonDesign(axes: axes(["x"], of: equal))).groups.count == 3)
    }

    @Test func `a summary reads as a table`() throws {
        let table = ablation([("stacked", [28.11, 28.49, 28.20]), ("residual", [28.41, 28.62, 28.55])])
        let summary = try Summary(
            table, by: ["transform"], ComparisonDesign(axes: axes(["transform", "seed"], of: table)))
        #expect(summary.varyingAxes == ["seed"])
        #expect(
            try summary.table().text
                == """
                transform  n  parameters     Δ     psnr [dB]      Δ  95 % interval   p
                ─────────  ─  ──────────  ────  ────────────  ─────  ──────────────  ─────
                stacked    3        2500        28.27 ± 0.20
                residual   3        3000  +500  28.53 ± 0.11  +0.26  -0.03 to +0.55  0.060

                """)
    }

    @Test func `rows are paired by what they share, not by where they stand`() throws {
        let rows = ablation([("a", [1, 2, 4]), ("b", [2, 4, 5])]).rows
        let shuffled = ResultTable(rows: [rows[2], rows[0], rows[1], rows[5], rows[3], rows[4]])
        let straight = ResultTable(rows: rows)
        let one = try Summary(
            straight, by: ["transform"], ComparisonDesign(axes: axes(["transform", "seed"], of: straight)))
        let other = try Summary(
            shuffled, by: ["transform"], ComparisonDesign(axes: axes(["transform", "seed"], of: shuffled)))
        let contrast = try #require(one.groups[1].measures[1]?.contrast)
        #expect(other.groups[1].measures[1]?.contrast?.p == contrast.p)
    }

    /// The rows are paired by seed: differences of 1, 2 and 1.
    @Test(arguments: [["kind", "number"], ["kind"], []])
    func `an axis pairs the rows also where the table holds it under another name, or not at all`(
        held: [String]
    ) throws {
        let full = ablation([("a", [1, 2, 4]), ("b", [2, 4, 5])])
        let axes = axes(["transform", "seed"], of: full)
        let rows = full.rows.map { row in
            var cells: OrderedDictionary<String, Cell> = [
                "psnr_db": row["psnr_db"], "group": row["transform"],
            ]
            if held.contains("kind") { cells["kind"] = .text("the \(row["transform"])") }
            if held.contains("number") { cells["number"] = row["seed"] }
            return ResultRow(cells, row.provenance)
        }
        let summary = try Summary(ResultTable(rows: rows), by: ["group"], ComparisonDesign(axes: axes))
        #expect(summary.varyingAxes == ["seed"])
        #expect(summary.measureColumns == ["psnr_db"])
        let measure = try #require(summary.groups[1].measures[0])
        #expect(measure.difference == 4.0 / 3)
        #expect(measure.contrast?.degreesOfFreedom == 2)
    }

    @Test func `a row without a partner is left out of the test and of the difference, not of the mean`()
        throws
    {
        let table = ablation([("a", [1, 2, 4]), ("b", [2, 4])])
        let summary = try Summary(
            table, by: ["transform"], ComparisonDesign(axes: axes(["transform", "seed"], of: table)))
        let psnr = try #require(summary.groups[1].measures[1])
        #expect(psnr.mean == 3)
        #expect(psnr.difference == 1.5)
        #expect(psnr.contrast?.degreesOfFreedom == 1)
    }

    @Test func `rows of one seed that differ in another axis are averaged, and count as one sample`() throws {
        // Of each seed two turns, whose differences are 1 and 3, 2 and 2, 2 and 6: their means 2, 2 and 4.
        let differences: [[Double]] = [[1, 3], [2, 2], [2, 6]]
        var rows: [OrderedDictionary<String, Cell>] = []
        for group in ["a", "b"] {
            for seed in 0..<3 {
                for turn in 0..<2 {
                    let psnr = 20 + Double(seed + turn) + (group == "b" ? differences[seed][turn] : 0)
                    rows.append([
                        "g": .text(group), "seed": .number(Double(seed)), "turns": .number(Double(turn)),
                        "psnr_db": .number(psnr),
                    ])
                }
            }
        }
        let table = table(rows)
        let summary = try Summary(
            table, by: ["g"], ComparisonDesign(axes: axes(["g", "seed", "turns"], of: table)))
        let measure = try #require(summary.groups[1].measures[0])
        #expect(measure.contrast == Contrast([[2], [2], [4]]))
        #expect(measure.pairs == 6 && measure.contrast?.seeds == 3)
        #expect(measure.difference == 8.0 / 3)
    }

    @Test func `one row a group has a mean and no spread`() throws {
        let table = ablation([("a", [28.1]), ("b", [28.25])])
        let summary = try Summary(
            table, by: ["transform"], ComparisonDesign(axes: axes(["transform", "seed"], of: table)))
        #expect(
            try summary.table().text
                == """
                transform  n  parameters  Δ  psnr [dB]       Δ
                ─────────  ─  ──────────  ─  ─────────  ──────
                a          1        2500        28.100
                b          1        2500  0     28.250  +0.150

                """)
    }

    @Test func `missing and infinite values are neither hidden nor fatal`() throws {
        let table = table([
            ["g": .text("a"), "psnr_db": .number(.infinity)], ["g": .text("a"), "psnr_db": .number(30)],
            ["g": .text("b"), "psnr_db": .number(31.5)], ["g": .text("b")], ["g": .text("c")],
        ])
        let summary = try Summary(table, by: ["g"], ComparisonDesign(axes: axes(["g"], of: table)))
        #expect(
            try summary.table().text == """
                g  n              psnr [dB]       Δ
                ─  ─  ─────────────────────  ──────
                a  2  30.000 (1 not finite)
                b  2           31.500 (n 1)  +1.500
                c  1

                """)
    }

    @Test func `mistakes are told`() {
        let table = ablation([("a", [1, 2])])
        #expect(
            message { () throws(Diagnostic) in
                _ = try Summary(table, by: ["transfrom"], ComparisonDesign(axes: axes([], of: table)))
            } == """
                error[unknown-column]: the table has no column `transfrom`
                   = note: its columns are `transform`, `seed`, `parameters`, `psnr_db`
                   = hint: did you mean `transform`?

                """)
        #expect(
            message { () throws(Diagnostic) in
                _ = try Summary(ResultTable(rows: []), by: [], ComparisonDesign(axes: [:]))
            }
                == "error[no-rows]: the table has no rows yet\n")
    }

    @Test func `infinite values are left out of a mean and counted, unless all are`() throws {
        func summary(_ values: [Double]) throws -> Summary {
            let table = table(
                values.enumerated().map { seed, psnr in
                    ["block": .text("a"), "seed": .number(Double(seed)), "psnr_db": .number(psnr)]
                })
            return try Summary(
                table, by: ["block"], ComparisonDesign(axes: axes(["block", "seed"], of: table)))
        }
        let text = try summary([26, .infinity, 28, -.infinity]).table().lines.joined(separator: "\n")
        // The mean of 26 and 28, with their sample deviation √2.
        #expect(text.contains("27.0 ± 1.4 (2 not finite)"), "\(text)")
        #expect(try summary([.infinity, .infinity]).table().lines.joined().contains("inf"))
    }
}
