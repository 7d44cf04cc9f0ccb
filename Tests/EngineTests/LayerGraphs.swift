import Graph
import Layers
import Operators
import ReferenceEngine
import Testing

/// A small graph around one layer, or around several that meet in some way.
struct LayerGraph: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let graph: Graph

    init(_ name: String, _ build: (inout GraphBuilder, NodeID) -> [NodeID]) {
        testDescription = name
        var builder = GraphBuilder()
        let input = builder.input(channels: 3)
        let outputs = build(&builder, input)
        graph = builder.graph(outputs: outputs)
    }

    static let all: [LayerGraph] = layers + meetings + [everything]

    private static let layers: [LayerGraph] = [
        LayerGraph("convolution") { [$0.convolution($1, 5)] },
        LayerGraph("strided convolution") { [$0.convolution($1, 5, stride: 2)] },
        LayerGraph("1×1 convolution") { [$0.convolution($1, 5, kernel: 1)] },
        LayerGraph("even kernel") { [$0.convolution($1, 2, kernel: 4, stride: 2, padding: 1)] },
        LayerGraph("transposed convolution") { [$0.transposedConvolution($1, 4)] },
        LayerGraph("transposed convolution, kernel 3") { [$0.transposedConvolution($1, 4, kernel: 3)] },
        LayerGraph("relu") { builder, x in [builder.relu(builder.convolution(x, 4))] },
        LayerGraph("relu of a sum") { builder, x in
            let left = builder.convolution(x, 4)
            let right = builder.convolution(x, 4)
            return [builder.relu(builder.apply(Add(), left, right))]
        },
        // In inference the sums take each other's places, whatever the convolution's method.
        LayerGraph("chain of sums, 1×1") { $0.chainOfSums($1, kernel: 1) },
        LayerGraph("chain of sums, 3×3") { $0.chainOfSums($1, kernel: 3) },
        LayerGraph("chain of sums, 7×7") { $0.chainOfSums($1, kernel: 7) },
        LayerGraph("chain of sums, transposed") { builder, x in
            var sum = builder.convolution(x, 4)
            for _ in 0..<3 {
                let small = builder.relu(builder.convolution(sum, 5, stride: 2))
                sum = builder.apply(Add(), sum, builder.transposedConvolution(small, 4))
            }
            return [builder.convolution(sum, 2)]
        },
        LayerGraph("sigmoid") { builder, x in
            [builder.apply(Sigmoid(), builder.convolution(x, 4))]
        },
        LayerGraph("tanh") { builder, x in [builder.apply(Tanh(), builder.convolution(x, 4))] },
        LayerGraph("subtract") { builder, x in
            [builder.apply(Subtract(), builder.convolution(x, 4), builder.convolution(x, 4))]
        },
        LayerGraph("multiply") { builder, x in
            [builder.apply(Multiply(), builder.convolution(x, 4), builder.convolution(x, 4))]
        },
        LayerGraph("affine") { builder, x in
            [builder.apply(Affine(factor: -1.5, offset: 0.25), builder.convolution(x, 4))]
        },
        LayerGraph("concatenate") { builder, x in
            let inner = builder.convolution(x, 4)
            return [builder.convolution(builder.concatenate(x, inner, inner), 2)]
        },
        LayerGraph("slice") { builder, x in
            let inner = builder.convolution(x, 6)
            return [builder.slice(inner, 1..<3), builder.slice(inner, 2..<5)]
        },
        LayerGraph("resize") { builder, x in
            let small = builder.resize(builder.convolution(x, 4), to: MapSize(Scale(1, 2)))
            return [builder.resize(small, to: .one), builder.resize(x, to: MapSize(Scale(3, 4)))]
        },
        LayerGraph("downsize") { builder, x in [builder.downsize(builder.convolution(x, 4), by: 2)] },
        LayerGraph("pixel shuffle") { builder, x in
            [builder.pixelShuffle(builder.convolution(x, 12), by: 2)]
        },
        LayerGraph("zeros") { builder, x in
            [builder.convolution(builder.concatenate(builder.zeros(Shape(channels: 2)), x), 2)]
        },
    ]

    private static let meetings: [LayerGraph] = [
        LayerGraph("a node added to itself") { builder, x in
            let inner = builder.convolution(x, 3)
            return [builder.apply(Add(), inner, inner), builder.apply(Multiply(), inner, inner)]
        },
        LayerGraph("a chain of residual units") { builder, x in
            var sum = builder.convolution(x, 4)
            for _ in 0..<3 {
                let unit = builder.convolution(builder.relu(builder.convolution(sum, 4)), 4)
                sum = builder.apply(Add(), sum, unit)
            }
            return [sum]
        },
        LayerGraph("a convolution of its own other term") { builder, x in
            let inner = builder.convolution(x, 4)
            return [builder.apply(Add(), builder.convolution(inner, 4), inner)]
        },
        LayerGraph("a ReLU before a sum") { builder, x in
            let inner = builder.relu(builder.convolution(x, 4))
            return [builder.apply(Add(), builder.relu(builder.convolution(inner, 4)), inner)]
        },
        LayerGraph("an output that others use") { builder, x in
            let first = builder.convolution(x, 3)
            let second = builder.convolution(builder.apply(Detach(), first), 3)
            return [first, builder.apply(Add(), second, first), builder.relu(first)]
        },
        LayerGraph("an output twice, and the input as one") { builder, x in
            let inner = builder.convolution(x, 3)
            return [inner, x, inner]
        },
        LayerGraph("a shared convolution at two sizes") { builder, x in
            let large = builder.convolution(x, 3)
            let small = builder.convolution(builder.downsize(large, by: 2), 3, like: large)
            let up = builder.transposedConvolution(small, 3)
            return [up, builder.transposedConvolution(builder.relu(up), 3, like: up)]
        },
        LayerGraph("a node that nothing needs") { builder, x in
            _ = builder.convolution(x, 7)
            let inner = builder.convolution(x, 3)
            _ = builder.relu(inner)
            return [inner]
        },
    ]

    /// Every operation at once, with weights shared between scales.
    static let everything = LayerGraph("every operation, with shared weights") { builder, x in
        let small = builder.downsize(x, by: 2)
        let estimate = builder.apply(Detach(), builder.resize(x, to: MapSize(Scale(1, 2))))
        let first = builder.convolution(builder.concatenate(small, estimate), 4)
        var map = builder.relu(first)
        map = builder.apply(Add(), map, builder.convolution(map, 4))
        let gate = builder.apply(Sigmoid(), builder.slice(map, 0..<2))
        let state = builder.apply(Tanh(), builder.slice(map, 2..<4))
        let cell = builder.apply(Multiply(), gate, state)
        let coarse = builder.apply(Subtract(), builder.convolution(builder.concatenate(cell, map), 3), small)
        let shuffled = builder.pixelShuffle(builder.convolution(coarse, 12), by: 2)
        let up = builder.apply(Detach(), builder.resize(coarse, to: .one))
        let shared = builder.relu(builder.convolution(builder.concatenate(x, up), 4, like: first))
        let strided = builder.convolution(shared, 5, kernel: 5, stride: 2)
        let back = builder.relu(builder.transposedConvolution(builder.relu(strided), 4))
        let joined = builder.apply(Add(), back, shared)
        let last = builder.convolution(builder.concatenate(joined, builder.zeros(Shape(channels: 1))), 3)
        let scaled = builder.apply(Affine(factor: 0.5, offset: -0.1), last)
        return [coarse, builder.apply(Add(), builder.apply(Add(), scaled, shuffled), x)]
    }
}

extension GraphBuilder {
    fileprivate mutating func chainOfSums(_ input: NodeID, kernel: Int) -> [NodeID] {
        var sum = convolution(input, 4)
        for _ in 0..<3 {
            sum = apply(Add(), sum, convolution(relu(convolution(sum, 4, kernel: kernel)), 4, kernel: kernel))
        }
        return [convolution(sum, 2)]
    }
}
