import Graph
import Testing
import Training

struct FirstWeightsTests {
    /// conv 3×3 of 24 → 40 and a transposed one of 40 → 16.
    private var graph: Graph {
        var builder = GraphBuilder()
        let wide = builder.conv(builder.input(24), 40, "conv", stride: 2)
        return builder.graph([builder.deconv(wide, 16, "up")])
    }

    private func statistics(_ values: [Float]) -> (mean: Double, deviation: Double, largest: Double) {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return (
            mean, (squares / Double(values.count)).squareRoot(), values.reduce(0) { max($0, Double(abs($1))) }
        )
    }

    @Test func `Xavier's weights fill their interval evenly`() {
        let weights = graph.firstWeights(.xavier, seed: 1)
        for (index, fans) in [(0, (24 + 40) * 9), (2, (40 + 16) * 16)] {
            let bound = (6 / Double(fans)).squareRoot()
            let found = statistics(weights[index])
            #expect(found.largest <= bound)
            #expect(found.largest > 0.995 * bound)
            #expect(abs(found.mean) < 0.03 * bound)
            #expect(abs(found.deviation / (bound / 3.0.squareRoot()) - 1) < 0.03)
        }
    }

    @Test func `He's weights have the deviation that keeps a ReLU's variance`() {
        let weights = graph.firstWeights(.he, seed: 1)
        for (index, fan) in [(0, 24 * 9), (2, 40 * 16)] {
            let deviation = (2 / Double(fan)).squareRoot()
            let found = statistics(weights[index])
            #expect(abs(found.mean) < 0.03 * deviation)
            #expect(abs(found.deviation / deviation - 1) < 0.03)
        }
    }

    @Test func `biases are zero, and the seed is all that weights depend on`() {
        let weights = graph.firstWeights(.he, seed: 1)
        #expect(weights[1].allSatisfy { $0 == 0 })
        #expect(weights[3].allSatisfy { $0 == 0 })
        #expect(graph.firstWeights(.he, seed: 1) == weights)
        #expect(graph.firstWeights(.he, seed: 2)[0] != weights[0])
    }

    @Test func `a layer added before leaves the others' first weights as they were`() {
        var builder = GraphBuilder()
        let before = builder.conv(builder.input(24), 24, "before")
        let more = builder.graph([builder.conv(before, 40, "conv", stride: 2)])
        #expect(more.firstWeights(.he, seed: 1)[2] == graph.firstWeights(.he, seed: 1)[0])
    }
}

struct HeadsTests {
    private func heads(_ graph: Graph) -> Set<String> {
        Set(graph.headWeights.map { graph[$0].name })
    }

    @Test func `the last convolution before each output is a head`() {
        #expect(heads(.tiny) == ["last.weight"])
        #expect(heads(GraphBuilder.coarseToFine()) == ["scale1.last.weight", "scale2.last.weight"])
    }

    @Test func `sums, resizing and concatenation lead on to every convolution behind them`() {
        var builder = GraphBuilder()
        let input = builder.input(1)
        let one = builder.conv(input, 1, "one")
        let two = builder.affine(builder.conv(input, 1, "two"), 0.5, 0.1)
        let small = builder.resize(builder.conv(builder.downsize(input, 2), 1, "three"), like: input)
        let output = builder.sum(builder.sum(one, two), small)
        #expect(heads(builder.graph([output])) == ["one.weight", "two.weight", "three.weight"])
    }

    @Test func `what a zero would never leave is no head`() {
        var builder = GraphBuilder()
        let input = builder.input(1)
        let behindReLU = builder.relu(builder.conv(input, 1, "relu"))
        let behindDetach = builder.detach(builder.conv(input, 1, "detached"))
        let gate = builder.same(.multiply, [builder.conv(input, 1, "gate"), input], "multiply")
        let silenced = builder.affine(builder.conv(input, 1, "silenced"), 0, 1)
        let output = [behindDetach, gate, silenced].reduce(behindReLU) { builder.sum($0, $1) }
        #expect(heads(builder.graph([output])) == [])
    }

    @Test func `weights that are also used elsewhere are no head`() {
        var builder = GraphBuilder()
        let first = builder.relu(builder.conv(builder.input(4), 4, "tied"))
        let last = builder.conv(first, 4, "tied")
        #expect(heads(builder.graph([last])) == [])
        // Used twice, but as a head each time.
        var scales = GraphBuilder()
        let input = scales.input(1)
        let outputs = [scales.conv(input, 1, "shared"), scales.conv(scales.relu(input), 1, "shared")]
        #expect(heads(scales.graph(outputs)) == ["shared.weight"])
    }
}
