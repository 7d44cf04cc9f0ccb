import Diagnostics
import Evaluation
import Graph
import Samples
import TestSupport
import Testing

struct ComparisonTests {
    /// A chain of residual units, each reading the state before it: h ← h + unit(h).
    private func residual(_ units: Int) -> Graph {
        var builder = GraphBuilder()
        let input = builder.input(4)
        let output = builder.units(input, 4, units, "residual")
        return builder.graph([output])
    }

    /// The nested module: unit i reads the sum of the input and of all outputs before it, each summed anew.
    private func nested(_ units: Int) -> Graph {
        var builder = GraphBuilder()
        let input = builder.input(4)
        var outputs: [NodeID] = []
        for unit in 0..<units {
            let read = outputs.reduce(input) { builder.sum($0, $1) }
            let inner = builder.relu(builder.conv(read, 4, "nested.unit\(unit).conv1"))
            outputs.append(builder.conv(inner, 4, "nested.unit\(unit).conv2"))
        }
        let output = outputs.reduce(input) { builder.sum($0, $1) }
        return builder.graph([output])
    }

    private func compare(_ left: Graph, _ right: Graph) throws(Diagnostic) -> FunctionComparison {
        try compareFunctions(left, right, names: ("left", "right"), side: 16)
    }

    @Test func `nested skips of order 4 are four residual units`() throws {
        let comparison = try compare(nested(4), residual(4))
        #expect(comparison.parameters == 4 * 2 * (4 * 4 * 9 + 4))
        #expect(comparison.outputs.relative < 1e-5)
        #expect(comparison.gradients.relative < 1e-4)
    }

    @Test func `the same network twice differs by nothing`() throws {
        let comparison = try compare(residual(2), residual(2))
        #expect(comparison.outputs.absolute == 0)
        #expect(comparison.gradients == comparison.outputs)
    }

    @Test func `a skip less is another function`() throws {
        var builder = GraphBuilder()
        var x = builder.input(4)
        for unit in 0..<2 {
            let inner = builder.relu(builder.conv(x, 4, "unit\(unit).conv1"))
            x = builder.conv(inner, 4, "unit\(unit).conv2")
        }
        let comparison = try compare(residual(2), builder.graph([x]))
        #expect(comparison.outputs.relative > 0.1)
        #expect(comparison.gradients.relative > 0.1)
    }

    @Test func `what cannot be compared says where it parts`() {
        func refusal(_ left: Graph, _ right: Graph) -> String {
            message { () throws(Diagnostic) in _ = try compare(left, right) }
        }
        #expect(
            refusal(GraphBuilder.tiny(width: 8), GraphBuilder.tiny(width: 4)) == """
                error[not-comparable]: `left` and `right` do not use weights of the same shapes in the same order
                   = note: where `left` uses `first.weight` of [8, 1, 3, 3], `right` uses `first.weight` of [4, 1, 3, 3]

                """)
        #expect(
            refusal(residual(2), residual(3)) == """
                error[not-comparable]: `right` has more weights than `left`
                   = note: the first that has no like is `residual.unit2.conv1.weight`

                """)
        var builder = GraphBuilder()
        let input = builder.input(1)
        let hidden = builder.relu(builder.conv(input, 8, "first"))
        let last = builder.conv(hidden, 1, "last")
        #expect(
            refusal(.tiny, builder.graph([last, last])) == """
                error[not-comparable]: `left` and `right` have different outputs
                   = note: `left`: 1 channel
                   = note: `right`: 1 channel; 1 channel

                """)
    }
}
