import Kernels
import ReferenceEngine
import Testing

extension InstructionSet: CustomTestStringConvertible {
    public var testDescription: String { name }
}

/// Awkward for tiles of 2 × 2, 4 × 4, 6 × 6 and 7 × 7 pixels and for vectors of 4, 8 and 16 channels: every
/// remainder of both, the channels that go by twos, that stay in their place, that fill more than one panel,
/// and of which a thread's share is as wide as what it is made of and lies across two panels.
private let shapes: [ConvolutionCase] = {
    let sizes = [
        (1, 1, 1), (3, 4, 5), (1, 6, 67), (3, 9, 2), (1, 67, 129), (3, 13, 26), (1, 25, 8), (2, 12, 14),
        (1, 7, 9), (1, 9, 7), (1, 11, 13), (1, 8, 19), (2, 7, 7), (1, 20, 6),
        (1, 6, 7), (1, 5, 5), (2, 6, 6), (2, 67, 129), (1, 30, 31), (1, 29, 17), (1, 31, 12),
    ]
    let channels = [
        (1, 48), (17, 5), (3, 2), (48, 17), (2, 1), (8, 8), (16, 16), (32, 32), (8, 68), (132, 8), (48, 48),
        (64, 64),
        (4, 3), (4, 4), (48, 96), (48, 80), (32, 112), (8, 8), (2, 8), (2, 5), (6, 6),
    ]
    func cases(kernel: Int, stride: Int, paddings: [Int]) -> [ConvolutionCase] {
        paddings.flatMap { padding in
            zip(sizes, channels).map { size, channels in
                ConvolutionCase(
                    kernel: kernel, stride: stride, padding: padding, batch: size.0, height: size.1,
                    width: size.2, inputChannels: channels.0, outputChannels: channels.1)
            }
        }
    }
    return [3, 5].flatMap { cases(kernel: $0, stride: 1, paddings: [0, $0 / 2, $0 - 1]) }
        + [3, 4, 5].flatMap { cases(kernel: $0, stride: 2, paddings: Array(0..<$0)) }
}()

/// A convolution whose target is past 32 MB, by whole cache lines of channels.
struct LargeCase: CustomTestStringConvertible {
    let stride: Int
    let direction: Direction
    let inputChannels: Int
    let outputChannels: Int

    static let all = [
        LargeCase(stride: 1, direction: .convolution, inputChannels: 16, outputChannels: 16),
        LargeCase(stride: 2, direction: .convolution, inputChannels: 3, outputChannels: 64),
        LargeCase(stride: 2, direction: .transposed, inputChannels: 16, outputChannels: 5),
    ]

    var geometry: ConvolutionGeometry {
        ConvolutionGeometry(
            kernel: 3, stride: stride, padding: 1,
            input: TensorShape(batch: 1, height: 767, width: 769, channels: inputChannels),
            output: TensorShape(
                batch: 1, height: 766 / stride + 1, width: 768 / stride + 1, channels: outputChannels))
    }

    var testDescription: String {
        "stride \(stride), \(direction) of \(inputChannels) and \(outputChannels)"
    }
}

extension Direction {
    /// Where a convolution reads and where it writes.
    fileprivate func ends(of geometry: ConvolutionGeometry) -> (source: TensorShape, target: TensorShape) {
        switch self {
        case .convolution: (geometry.input, geometry.output)
        case .transposed: (geometry.output, geometry.input)
        }
    }
}

/// Every path through the Winograd kernels, against the sums that define what they give.
struct WinogradTests {
    @Test(arguments: shapes, InstructionSet.available)
    func `all three products agree with the sums that define them`(
        test: ConvolutionCase, instructions: InstructionSet
    ) {
        for method in test.stride == 1 ? [ConvolutionMethod.winograd6, .winograd8] : [.winograd8] {
            for threads in 1...5 {
                let scene = ConvolutionScene(
                    test, threads: threads, method: method, instructions: instructions)
                expectConvolved(scene, test)
                expectTransposed(scene, test)
                scene.reserveWorkspace(trains: true)
                expectWeightGradient(scene, test)
            }
        }
    }

    /// Such a map goes past the caches, and is fetched ahead; the plain sums, which have tests of their own,
    /// do neither.
    @Test(arguments: LargeCase.all, InstructionSet.available)
    func `a map beyond all caches is what plain sums give, also where it is added to`(
        test: LargeCase, instructions: InstructionSet
    ) {
        let geometry = test.geometry
        let (source, target) = test.direction.ends(of: geometry)
        let workspace = [ConvolutionMethod.winograd8, .tiled].map {
            $0.workspace(for: geometry, trains: false)
        }
        let ground = Ground(
            threads: 2, instructions: instructions, workspace: workspace.reduce(0, max),
            floats: source.count + 2 * target.count + (1 << 18))
        // A result that goes past the caches must start on a cache line; the first map does.
        let result = ground.empty(target)
        let place = result.floats.withSpan { span in
            span.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
        }
        #expect(place % 64 == 0)
        let input = ground.empty(source)
        input.floats.assign(values(source.count, seed: 1))
        let residual = ground.empty(target)
        let weights = ground.zeros(geometry.weightCount)
        weights.assign(values(geometry.weightCount, seed: 2).map { $0 / 12 })
        let results = [ConvolutionMethod.winograd8, .tiled].map { method in
            result.floats.assign(values(target.count, seed: 3))
            let count = method.packed(geometry, for: test.direction)
            let packed = count == 0 ? weights : ground.zeros(count)
            if count > 0 {
                ground.run { $0.pack(geometry, by: method, for: test.direction, weights, into: packed) }
            }
            func pass(_ epilogue: Epilogue) {
                ground.run {
                    switch test.direction {
                    case .convolution:
                        $0.convolve(
                            geometry, by: method, input, weights: packed, into: result, epilogue: epilogue)
                    case .transposed:
                        $0.convolveTransposed(
                            geometry, by: method, input, weights: packed, into: result, epilogue: epilogue)
                    }
                }
            }
            pass(Epilogue(accumulates: true))
            // What the sum gave is what the next convolution adds.
            residual.floats.assign(result.floats.copy())
            pass(Epilogue(residual: residual, relu: true))
            return result.floats.copy()
        }
        for (left, right) in zip(results[0], results[1]) where !(abs(left - right) < 1e-4) {
            Issue.record("\(left) by tiles, \(right) by plain sums")
            break
        }
        #expect(results[0].contains { $0 > 1 })
    }

    private func values(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 23) - 1
        }
    }

    @Test func `large tiles are for weights that save multiplications by them, on all their maps together`() {
        func geometry(_ side: Int, kernel: Int, channels: Int, stride: Int) -> ConvolutionGeometry {
            let small = (side + stride - 1) / stride
            return ConvolutionGeometry(
                kernel: kernel, stride: stride, padding: kernel / 2,
                input: TensorShape(batch: 1, height: side, width: side, channels: channels),
                output: TensorShape(batch: 1, height: small, width: small, channels: channels))
        }
        func best(_ sides: Int..., kernel: Int, channels: Int = 8, stride: Int = 1) -> ConvolutionMethod {
            .best(
                for: sides.map { geometry($0, kernel: kernel, channels: channels, stride: stride) })
        }
        #expect(best(64, kernel: 3) == .winograd8)
        #expect(best(16, kernel: 3) == .winograd6)
        #expect(best(16, 64, kernel: 3) == .winograd8)
        #expect(best(16, kernel: 5) == .winograd8)
        #expect(best(2, kernel: 5) == .winograd6)
        // 64 planes of 512 × 512 weights are 67 MB.
        #expect(best(64, kernel: 3, channels: 512) == .winograd6)
        #expect(best(64, kernel: 4, stride: 2) == .winograd8)
        #expect(best(8, kernel: 3, stride: 2) == .tiled)
        #expect(best(256, kernel: 3, channels: 256, stride: 2) == .tiled)
        #expect(best(256, kernel: 3, stride: 3) == .tiled)
        let strides = (1...2).map { geometry(64, kernel: 3, channels: 8, stride: $0) }
        #expect(ConvolutionMethod.best(for: strides) == .tiled)
    }

    private func expectConvolved(_ scene: ConvolutionScene, _ test: ConvolutionCase) {
        let bias = (0..<test.outputChannels).map { Double($0) / 4 - 1 }
        let expected = scene.input.convolved(
            scene.weights, bias: bias, kernel: test.kernel, stride: test.stride, padding: test.padding,
            height: test.outputHeight, width: test.outputWidth)
        let (input, target) = (scene.ground.map(scene.input), scene.ground.empty(like: expected))
        let (biases, weights) = (scene.ground.floats(bias), scene.weights(for: .convolution))
        scene.ground.run {
            $0.convolve(
                scene.geometry, by: scene.method, input, weights: weights, into: target,
                epilogue: Epilogue(bias: biases, relu: true))
        }
        expect(target.floats, expected.values.map { max($0, 0) }, tolerance: scene.tolerance)
    }

    private func expectTransposed(_ scene: ConvolutionScene, _ test: ConvolutionCase) {
        let bias = (0..<test.inputChannels).map { Double($0) / 8 - 1 }
        let expected = scene.output.transposeConvolved(
            scene.weights, bias: bias, kernel: test.kernel,
            stride: test.stride,
            padding: test.padding, height: test.height, width: test.width)
        let (output, target) = (scene.ground.map(scene.output), scene.ground.map(scene.input))
        let (mask, weights) = (scene.ground.map(scene.input), scene.weights(for: .transposed))
        let biases = scene.ground.floats(bias)
        scene.ground.run {
            $0.convolveTransposed(
                scene.geometry, by: scene.method, output, weights: weights, into: target,
                epilogue: Epilogue(bias: biases, mask: mask, accumulates: true))
        }
        let sums = zip(expected.values, scene.input.values).map { $1 > 0 ? $0 + $1 : 0 }
        expect(target.floats, sums, tolerance: scene.tolerance)
    }

    private func expectWeightGradient(_ scene: ConvolutionScene, _ test: ConvolutionCase) {
        let gradient = scene.ground.zeros(test.weightCount)
        let bias = scene.ground.zeros(test.outputChannels)
        let (input, output) = (scene.ground.map(scene.input), scene.ground.map(scene.output))
        scene.ground.run {
            $0.addWeightGradient(
                scene.geometry, by: scene.method, input: input, output: output, into: gradient, bias: bias)
        }
        let found = scene.ground.zeros(test.weightCount)
        found.assign(
            gradient.weights(
                outputChannels: test.outputChannels, inputChannels: test.inputChannels, kernel: test.kernel))
        // Thousands of pixels of either sign cancel in a sum; what rounding leaves grows with their number.
        expect(found, test.weightGradient(scene.input, scene.output), tolerance: 5 * scene.tolerance)
        var sums = [Double](repeating: 0, count: test.outputChannels)
        for (index, value) in scene.output.values.enumerated() { sums[index % sums.count] += value }
        expect(bias, sums, tolerance: scene.tolerance)
    }

    @Test func `every instruction set that the machine has can be asked for by name`() {
        #expect(InstructionSet.available.first?.name == "baseline")
        #expect(InstructionSet.available.contains { $0.name == InstructionSet.current.name })
        #expect(InstructionSet.named("sse9") == nil)
    }
}
