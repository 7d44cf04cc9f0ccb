import Engine
import Foundation
import Graph
import ReferenceEngine
import Testing

/// A coarse-to-fine network of about the quickstart's size: three scales, three levels, nested units.
func quickstart(widths: [Int] = [8, 16, 32], units: Int = 4, scales: Int = 3) -> Graph {
    var builder = GraphBuilder()
    let blurred = builder.input(channels: 1)
    var sharp = blurred
    var outputs: [NodeID] = []
    func module(_ map: NodeID, _ channels: Int) -> NodeID {
        var sum = map
        for _ in 0..<units {
            let inner = builder.relu(builder.convolution(sum, channels))
            sum = builder.apply(.add, sum, builder.convolution(inner, channels))
        }
        return sum
    }
    for scale in 0..<scales {
        let factor = 1 << (scales - 1 - scale)
        let small = factor == 1 ? blurred : builder.downsize(blurred, by: factor)
        let estimate = builder.apply(.detach, builder.resize(sharp, to: Scale(1, factor)))
        var map = builder.concatenate(small, estimate)
        var skips: [NodeID] = []
        for (level, width) in widths.enumerated() {
            map = builder.relu(builder.convolution(map, width, stride: level == 0 ? 1 : 2))
            map = module(map, width)
            skips.append(map)
        }
        for (level, width) in widths.enumerated().reversed() {
            if level < widths.count - 1 {
                map = builder.relu(builder.transposedConvolution(map, width))
                map = builder.apply(.add, map, skips[level])
            }
            map = module(map, width)
        }
        sharp = builder.apply(.add, small, builder.convolution(map, 1))
        outputs.append(sharp)
    }
    return builder.graph(outputs: outputs)
}

/// Times are no test's business on a machine that others use; run with `ACUITY_MEASURE=10` to see them, over
/// 10 steps.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ACUITY_MEASURE"] != nil), .serialized)
struct SpeedTests {
    @Test(arguments: [1, 2])
    func `measure training steps of a quickstart`(threads: Int) throws {
        let comparison = Comparison(quickstart(), batch: 8, height: 64, width: 64)
        let execution = try comparison.execution(.training, threads: threads)
        print(execution.plan)
        for index in comparison.graph.outputs.indices {
            execution.withTarget(index) { span in for place in 0..<span.count { span[place] = 0.5 } }
        }
        var phases = [Duration](repeating: .zero, count: 4)
        let clock = ContinuousClock()
        let steps = Int(ProcessInfo.processInfo.environment["ACUITY_MEASURE"] ?? "") ?? 10
        for step in 1...steps {
            phases[0] += clock.measure { execution.forward() }
            phases[1] += clock.measure { _ = execution.meanSquaredError() }
            phases[2] += clock.measure { execution.backward() }
            phases[3] += clock.measure { execution.adamStep(learningRate: 1e-6, step: step) }
        }
        let names = ["forward", "loss", "backward", "Adam"]
        print(zip(names, phases).map { "\($0) \($1 / steps)" }.joined(separator: ", "))
    }
}
