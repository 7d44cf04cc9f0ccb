import Diagnostics
import Experiments
import TestSupport
import Testing

struct GridTests {
    private func axis(_ name: String, _ values: some Sequence<Int>) -> Grid<Int>.Axis {
        .init(name, values.map { ($0, "\($0)") })
    }

    @Test func `axes multiply, the last varying fastest`() throws {
        let grid = try Grid([axis("a", 1...2), axis("b", 7...9)])
        #expect(
            try grid.points().map { $0.values.map(\.value) }
                == [[1, 7], [1, 8], [1, 9], [2, 7], [2, 8], [2, 9]])
        #expect(try grid.points()[0].recipeLines == [.init("a", "1"), .init("b", "7")])
    }

    @Test func `an experiment without axes has one row`() throws {
        #expect(try Grid<Int>([]).points().count == 1)
    }

    @Test func `a condition keeps some of the points`() throws {
        let points = try Grid([axis("a", 1...3), axis("b", 1...3)]).points {
            $0.values[0].value < $0.values[1].value
        }
        #expect(points.map { $0.values.map(\.value) } == [[1, 2], [1, 3], [2, 3]])
    }

    @Test func `mistakes are told`() {
        #expect(
            message { () throws(Diagnostic) in _ = try Grid([axis("a", [1]), axis("a", [2])]) }
                == "error[duplicate-axis]: two axes are called `a`\n")
        #expect(
            message { () throws(Diagnostic) in _ = try Grid([axis("a", [])]) }
                == "error[empty-axis]: the axis `a` has no values, so the table would have no rows\n")
        #expect(
            message { () throws(Diagnostic) in _ = try Grid([axis("seed", [1, 2, 1])]) } == """
                error[repeated-value]: the axis `seed` holds 1 twice
                   = hint: a row is run once; for repeated measurements add an axis of seeds

                """)
        #expect(
            message { () throws(Diagnostic) in _ = try Grid([axis("a", 1...1000), axis("b", 1...1000)]) }
                == "error[large-grid]: the axes multiply to more than 100000 rows: 1000 of `a` × 1000 of `b`\n"
        )
        #expect(
            message { () throws(Diagnostic) in _ = try Grid([axis("a", 1...3)]).points { _ in false } }
                == "error[empty-grid]: `where` leaves none of the 3 rows of the experiment\n")
    }

    @Test func `what the condition throws passes through`() throws {
        let grid = try Grid([axis("a", 1...3)])
        let said = message { () throws(Diagnostic) in
            _ = try grid.points { point throws(Diagnostic) in
                throw Diagnostic("not-a-truth-value", "no")
            }
        }
        #expect(said == "error[not-a-truth-value]: no\n")
    }
}
