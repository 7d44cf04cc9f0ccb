import Graph
import Layers
import Operators
import Testing

/// blurred → conv a (k3) → relu → conv a again (shared) → downsize 2 → deconv b → + first conv
private func sample() -> Graph {
    let half = Scale(1, 2)
    func node(
        _ operation: any Operator, _ inputs: [Int], _ parameters: [Int] = [], _ scale: Scale = .one
    ) -> Node {
        Node(
            operation: operation, inputs: inputs.map { NodeID($0) },
            parameters: parameters.map { ParameterID($0) }, shape: Shape(channels: 2, scale: scale), name: "")
    }
    return Graph(
        nodes: [
            node(Input(channels: 2), []),
            node(Convolution(channels: 2, kernel: 3), [0], [0, 1]),
            node(ReLU(), [1]),
            node(Convolution(channels: 2, kernel: 3), [2], [0, 1]),
            node(Downsize(by: 2), [3], [], half),
            node(TransposedConvolution(channels: 2, kernel: 4, stride: 2), [4], [2, 3]),
            node(Add(), [5, 1]),
        ],
        parameters: [
            Parameter(name: "a.weight", kind: .weight, shape: [2, 2, 3, 3]),
            Parameter(name: "a.bias", kind: .bias, shape: [2]),
            Parameter(name: "b.weight", kind: .weight, shape: [2, 2, 4, 4]),
            Parameter(name: "b.bias", kind: .bias, shape: [2]),
        ],
        outputs: [NodeID(6)],
        roleUses: [
            RoleUse(
                role: "body", weights: "body", indices: [.init(name: "pass", value: "1")], nodes: 1..<2),
            RoleUse(
                role: "body", weights: "body", indices: [.init(name: "pass", value: "2")], nodes: 3..<4),
        ])
}

struct GraphTests {
    @Test func `shared parameters count once, their uses each time`() {
        // 2·2·9 + 2 = 38 and 2·2·16 + 2 = 66, by hand.
        #expect(sample().parameterCount == 38 + 66)
        #expect(sample().parameterUses == 2 * 38 + 66)
    }

    @Test func `sizes must be multiples of the deepest scale`() {
        #expect(sample().sizeMultiple == 2)
        #expect(Scale(1, 4).of(64) == 16)
        #expect(Scale(6, 4) == Scale(3, 2))
    }

    @Test func `multiply-accumulates equal a count of the loops`() {
        let graph = sample()
        // Each output pixel of a convolution, and each input pixel of a transposed one, costs k²·in·out.
        var convolution = 0
        for _ in 0..<8 * 12 { for _ in 0..<9 { convolution += 2 * 2 } }
        var transposed = 0
        for _ in 0..<4 * 6 { for _ in 0..<16 { transposed += 2 * 2 } }
        #expect(graph.multiplyAccumulates(of: NodeID(1), height: 8, width: 12) == convolution)
        #expect(graph.multiplyAccumulates(of: NodeID(5), height: 8, width: 12) == transposed)
        #expect(graph.multiplyAccumulates(height: 8, width: 12) == 2 * convolution + transposed)
    }

    @Test func `a summary's rows add up to the whole`() {
        let graph = sample()
        let rows = GraphSummary(graph, height: 8, width: 8).levels.flatMap(\.rows)
        #expect(rows.reduce(0) { $0 + $1.uniqueParameters } == graph.parameterCount)
        #expect(rows.reduce(0) { $0 + $1.parameterUses } == graph.parameterUses)
        #expect(
            rows.reduce(0) { $0 + $1.multiplyAccumulates } == graph.multiplyAccumulates(height: 8, width: 8))
        #expect(rows.reduce(0) { $0 + $1.calls } == 3)
    }

    @Test func `the ledger tells what distinguishes the uses of shared weights`() {
        let entries = SharingLedger(sample()).entries
        #expect(entries.count == 1)
        #expect(entries.first?.uses == ["pass 1", "pass 2"])
        #expect(entries.first?.parameters == 38)
    }

    @Test func `a graph does not differ from itself`() {
        let difference = GraphDifference(sample(), sample(), height: 8, width: 8)
        #expect(difference.parameters.allSatisfy { $0.left == $0.right })
        #expect(difference.onlyLeft.isEmpty && difference.onlyRight.isEmpty && difference.reshaped.isEmpty)
    }

    /// Fingerprints of tables are hashes of it.
    @Test func `a graph's canonical text is what it always was`() {
        #expect(
            sample().canonicalText == """
                input  2 channels
                conv 0 1 k3 s1 p1 0 2 channels
                relu 1 2 channels
                conv 0 1 k3 s1 p1 2 2 channels
                downsize 2 3 2 channels at 1/2 size
                deconv 2 3 k4 s2 p1 4 2 channels
                sum 5,1 2 channels
                a.weight 2×2×3×3
                a.bias 2
                b.weight 2×2×4×4
                b.bias 2
                outputs 6
                """)
    }
}
