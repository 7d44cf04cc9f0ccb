import Data
import Engine
import FirstWeights
import Graph
import Inference
import Layers
import Operators
import Samples
import Testing

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
            let found = statistics(weights[ParameterID(index)])
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
            let found = statistics(weights[ParameterID(index)])
            #expect(abs(found.mean) < 0.03 * deviation)
            #expect(abs(found.deviation / deviation - 1) < 0.03)
        }
    }

    @Test func `biases are zero, and the seed is all that weights depend on`() {
        let weights = graph.firstWeights(.he, seed: 1)
        #expect(weights[ParameterID(1)].allSatisfy { $0 == 0 })
        #expect(weights[ParameterID(3)].allSatisfy { $0 == 0 })
        #expect(graph.firstWeights(.he, seed: 1) == weights)
        #expect(graph.firstWeights(.he, seed: 2)[ParameterID(0)] != weights[ParameterID(0)])
    }

    @Test func `a layer added before leaves the others' first weights as they were`() {
        var builder = GraphBuilder()
        let before = builder.conv(builder.input(24), 24, "before")
        let more = builder.graph([builder.conv(before, 40, "conv", stride: 2)])
        #expect(
            more.firstWeights(.he, seed: 1)[ParameterID(2)]
                == graph.firstWeights(.he, seed: 1)[ParameterID(0)])
    }
}

struct HeadsTests {
    private func heads(_ graph: Graph) -> Set<String> {
        Set(graph.outputLayerWeights.map { graph[$0].name })
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
        let gate = builder.same(Multiply(), [builder.conv(input, 1, "gate"), input], "multiply")
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

struct UnitVarianceTests {
    /// A batch of 4 patches of 32×32.
    private func batch() throws -> [Float] {
        var sampler = PatchSampler(
            SampleImages.waves(4), patch: 32, batch: 4, colour: .luma, source: RandomSource(seed: 3))
        var blurred = [Float](repeating: 0, count: sampler.valueCount)
        var sharp = blurred
        try sampler.next(blurred: &blurred, sharp: &sharp)
        return blurred
    }

    private func values(_ graph: Graph, _ weights: Weights, on batch: [Float]) throws -> [NodeID: [Float]] {
        let execution = try Execution(
            graph, InputSize(batch: 4, height: 32, width: 32), purpose: .initialisation, threads: 1)
        execution.load(weights)
        execution.withInput { span in
            for index in 0..<span.count { span[index] = batch[index] }
        }
        // A value is there until its last use.
        return Dictionary(
            uniqueKeysWithValues: graph.nodeIDs.map { node in
                execution.forward(node...node)
                return (node, execution.value(of: node) ?? [])
            })
    }

    private func variance(_ values: [Float]) -> Double {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        return values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
    }

    @Test(arguments: [0.03, 0.5])
    func
        `every convolution's output has variance one, a residual branch's as asked, and the network is the identity`(
            branchDeviation: Double
        ) throws
    {
        let graph = GraphBuilder.coarseToFine(width: 8, units: 3)
        let batch = try batch()
        let weights = try UnitVariance(seed: 1, branchDeviation: branchDeviation, threads: 1).weights(
            of: graph, on: PatchBatch(batch, count: 4, side: 32))
        let values = try values(graph, weights, on: batch)
        let heads = graph.outputLayerWeights
        // Three units at two levels of each of two scales, and the heads.
        let branches = graph.residualBranches
        #expect(branches.count == 3 * 2 * 2 + 2)
        for id in graph.nodeIDs {
            let parameters = graph[id].parameters
            guard !parameters.isEmpty, let output = values[id] else { continue }
            if heads.contains(parameters[0]) {
                #expect(output.allSatisfy { $0 == 0 }, "\(graph[id].name)")
            } else {
                let deviation = branches.contains(id) ? branchDeviation : 1
                #expect(abs(variance(output) / (deviation * deviation) - 1) < 0.001, "\(graph[id].name)")
            }
            #expect(weights[parameters[1]].allSatisfy { $0 == 0 })
        }
        #expect(values[graph.outputs[1]] == batch)
    }

    @Test func `weights that are warmStart stay as they are, and the others are scaled behind them`() throws {
        let batch = try batch()
        var old = GraphBuilder()
        let graph = old.graph([old.conv(old.conv(old.input(1), 8, "known"), 1, "last")])
        // Of a training that has left its start: far from unit variance.
        var weights = graph.firstWeights(.he, seed: 9)
        for id in graph.parameterIDs { weights[id] = weights[id].map { 3 * $0 + 0.1 } }
        let origin = TrainedModel(graph: graph, weights: weights, colour: .luma)
        var builder = GraphBuilder()
        let first = builder.conv(builder.input(1), 8, "known")
        let second = builder.conv(first, 6, "fresh")
        let network = builder.graph([builder.conv(second, 1, "head")])
        let warmStart = try WarmStart(of: origin, for: network)
        #expect(warmStart.missing == ["fresh.weight", "fresh.bias", "head.weight", "head.bias"])
        let found = try UnitVariance(seed: 1, branchDeviation: 0.03, threads: 1).weights(
            of: network, on: PatchBatch(batch, count: 4, side: 32), warmStart: warmStart)
        #expect(found[ParameterID(0)] == weights[ParameterID(0)])
        #expect(found[ParameterID(1)] == weights[ParameterID(1)])
        let values = try values(network, found, on: batch)
        #expect(abs(variance(values[second] ?? []) - 1) < 0.001)
        #expect(found[ParameterID(4)].allSatisfy { $0 == 0 })
    }

    @Test func `a residual branch ends in a convolution that is added to what it is computed from`() {
        var builder = GraphBuilder()
        let input = builder.conv(builder.input(1), 4, "in")
        let first = builder.conv(builder.conv(input, 4, "inner"), 4, "branch")
        let sum = builder.sum(input, first)
        // Two convolutions side by side, neither from the other.
        let sides = builder.sum(builder.conv(sum, 4, "left"), builder.conv(sum, 4, "right"))
        let last = builder.conv(sides, 4, "far")
        let graph = builder.graph([builder.conv(builder.sum(last, sum), 1, "last")])
        #expect(graph.residualBranches == [first, last])
    }

    @Test func `shared weights are scaled at their first use`() throws {
        var builder = GraphBuilder()
        let input = builder.input(1)
        let first = builder.conv(input, 4, "in")
        let second = builder.conv(first, 4, "tied")
        let third = builder.conv(builder.affine(second, 3, 0), 4, "tied")
        let graph = builder.graph([builder.conv(third, 1, "last")])
        let batch = try batch()
        let weights = try UnitVariance(seed: 1, branchDeviation: 0.03, threads: 1).weights(
            of: graph, on: PatchBatch(batch, count: 4, side: 32))
        let values = try values(graph, weights, on: batch)
        #expect(abs(variance(values[second] ?? []) - 1) < 0.001)
        #expect(abs(variance(values[third] ?? []) - 1) > 0.1)
    }

    @Test
    func `a convolution of nothing but zeros stays at its start, until its weights are used on something`()
        throws
    {
        var builder = GraphBuilder()
        let input = builder.input(1)
        let zero = builder.same(Zeros(Shape(channels: 1)), [input], "zeros", inputs: [])
        let silent = builder.conv(zero, 4, "silent")
        let first = builder.conv(zero, 4, "tied")
        let second = builder.conv(input, 4, "tied")
        let sum = builder.sum(builder.sum(silent, first), second)
        let graph = builder.graph([builder.conv(sum, 1, "last")])
        let batch = try batch()
        let weights = try UnitVariance(seed: 1, branchDeviation: 0.03, threads: 1).weights(
            of: graph, on: PatchBatch(batch, count: 4, side: 32))
        let values = try values(graph, weights, on: batch)
        #expect(weights[ParameterID(0)] == graph.firstWeights(.he, seed: 1)[ParameterID(0)])
        #expect(abs(variance(values[second] ?? []) - 1) < 0.001)
    }
}
