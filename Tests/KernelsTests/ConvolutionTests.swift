import Kernels
import ReferenceEngine
import Testing

/// One convolution on an awkward size. The output map is what the input one gives at this stride, rounded up.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
    let kernel: Int
    let stride: Int
    let padding: Int
    let batch: Int
    let height: Int
    let width: Int
    let inputChannels: Int
    let outputChannels: Int

    var outputHeight: Int { (height + stride - 1) / stride }
    var outputWidth: Int { (width + stride - 1) / stride }
    var weightCount: Int { kernel * kernel * inputChannels * outputChannels }

    var testDescription: String {
        "\(batch)×\(height)×\(width), \(inputChannels)→\(outputChannels), kernel \(kernel), stride \(stride), "
            + "padding \(padding)"
    }

    static let all: [ConvolutionCase] = {
        let sizes = [(1, 1, 1), (3, 2, 3), (1, 33, 17), (3, 7, 16)]
        let channels = [(1, 2), (3, 5), (17, 1), (5, 17), (2, 3)]
        var cases: [ConvolutionCase] = []
        for kernel in [1, 2, 3, 4, 5] {
            for stride in [1, 2, 3] {
                for padding in Set([0, (kernel - 1) / 2, kernel / 2]).sorted() {
                    for (index, (batch, height, width)) in sizes.enumerated() {
                        let (input, output) = channels[(index + kernel + stride) % channels.count]
                        cases.append(
                            ConvolutionCase(
                                kernel: kernel, stride: stride, padding: padding, batch: batch,
                                height: height,
                                width: width, inputChannels: input, outputChannels: output))
                    }
                }
            }
        }
        // More than one tile of windows.
        cases.append(
            ConvolutionCase(
                kernel: 5, stride: 1, padding: 2, batch: 2, height: 33, width: 31, inputChannels: 17,
                outputChannels: 5))
        return cases
    }()
}

extension ConvolutionCase {
    /// Every window times what it gave, in PyTorch's order.
    func weightGradient(_ input: Tensor, _ output: Tensor) -> [Double] {
        var gradient = [Double](repeating: 0, count: weightCount)
        for image in 0..<batch {
            for y in 0..<outputHeight {
                for x in 0..<outputWidth {
                    addWindow(image, y, x, input, output, to: &gradient)
                }
            }
        }
        return gradient
    }

    private func addWindow(
        _ image: Int, _ y: Int, _ x: Int, _ input: Tensor, _ output: Tensor, to gradient: inout [Double]
    ) {
        for v in 0..<kernel {
            for u in 0..<kernel {
                for channel in 0..<inputChannels {
                    let value = input.padded(
                        image, y * stride + v - padding, x * stride + u - padding, channel)
                    for out in 0..<outputChannels {
                        gradient[((out * inputChannels + channel) * kernel + v) * kernel + u] +=
                            output[image, y, x, out] * value
                    }
                }
            }
        }
    }
}

/// A convolution's maps and weights, random, in Double and in the kernels' layout.
struct ConvolutionScene {
    let ground: Ground
    let geometry: ConvolutionGeometry
    let method: ConvolutionMethod
    let input: Tensor
    let output: Tensor
    let weights: [Double]
    private let stored: BufferView
    /// What rounding may come to: Winograd's transforms multiply values by up to 8, in large tiles by up to
    /// 32, and take them apart again.
    let tolerance: Double

    init(
        _ test: ConvolutionCase, threads: Int, method: ConvolutionMethod? = nil,
        instructions: InstructionSet = .current
    ) {
        let values = test.batch * test.height * test.width * (test.inputChannels + test.outputChannels)
        let transformed =
            64 * test.stride * test.stride * (test.inputChannels + 3) * (test.outputChannels + 3)
        ground = Ground(
            threads: threads, instructions: instructions, workspace: 0,
            floats: max(1 << 21, 8 * (values + test.weightCount) + 2 * transformed))
        input = random(test.batch, test.height, test.width, test.inputChannels, seed: 1)
        output = random(test.batch, test.outputHeight, test.outputWidth, test.outputChannels, seed: 2)
        geometry = ConvolutionGeometry(
            kernel: test.kernel, stride: test.stride, padding: test.padding,
            input: ground.empty(like: input).shape, output: ground.empty(like: output).shape)
        self.method = method ?? .best(for: geometry)
        tolerance =
            switch self.method {
            case .pointwise, .tiled: 2e-6
            case .winograd6: 2e-5
            case .winograd8: 1e-4
            }
        var generator = SplitMix(seed: 3)
        weights = generator.numbers(test.weightCount)
        stored = ground.zeros(test.weightCount)
        stored.assignWeights(
            weights.map { Float($0) }, outputChannels: test.outputChannels, inputChannels: test.inputChannels,
            kernel: test.kernel)
        reserveWorkspace(trains: false)
    }

    /// No more than the method asks for.
    func reserveWorkspace(trains: Bool) {
        ground.reserve(workspace: method.workspace(for: geometry, trains: trains))
    }

    /// The weights as a direction reads them.
    func weights(for direction: Direction) -> BufferView {
        let count = method.packed(geometry, for: direction)
        guard count > 0 else { return stored }
        let packed = ground.floats([Double](repeating: .nan, count: count))
        ground.run { $0.pack(geometry, by: method, for: direction, stored, into: packed) }
        return packed
    }
}

struct ConvolutionTests {
    @Test(arguments: ConvolutionCase.all, 1...3)
    func `a convolution is the sum that defines it`(test: ConvolutionCase, threads: Int) {
        let scene = ConvolutionScene(test, threads: threads)
        let bias = (0..<test.outputChannels).map { Double($0) / 4 - 1 }
        let expected = scene.input.convolved(
            scene.weights, bias: bias, kernel: test.kernel, stride: test.stride, padding: test.padding,
            height: test.outputHeight, width: test.outputWidth)
        let residual = random(
            test.batch, test.outputHeight, test.outputWidth, test.outputChannels, seed: 5)
        let target = scene.ground.empty(like: expected)
        let epilogue = Epilogue(bias: scene.ground.floats(bias))
        let input = scene.ground.map(scene.input)
        let weights = scene.weights(for: .convolution)
        func run(_ epilogue: Epilogue) {
            scene.ground.run {
                $0.convolve(
                    scene.geometry, by: scene.method, input, weights: weights, into: target,
                    epilogue: epilogue)
            }
        }
        run(epilogue)
        expect(target.floats, expected.values, tolerance: scene.tolerance)
        run(Epilogue(bias: epilogue.bias, relu: true))
        expect(target.floats, expected.values.map { max($0, 0) }, tolerance: scene.tolerance)
        run(Epilogue(bias: epilogue.bias, residual: scene.ground.map(residual)))
        let sum = zip(expected.values, residual.values).map { $0 + $1 }
        expect(target.floats, sum, tolerance: scene.tolerance)
        run(Epilogue(bias: scene.ground.zeros(test.outputChannels), accumulates: true))
        let unbiased = scene.input.convolved(
            scene.weights, bias: bias.map { _ in 0 }, kernel: test.kernel, stride: test.stride,
            padding: test.padding, height: test.outputHeight, width: test.outputWidth)
        expect(target.floats, zip(sum, unbiased.values).map { $0 + $1 }, tolerance: scene.tolerance)
    }

    @Test(arguments: ConvolutionCase.all, 1...3)
    func `a transposed convolution is the sum that defines it`(test: ConvolutionCase, threads: Int) {
        let scene = ConvolutionScene(test, threads: threads)
        let bias = (0..<test.inputChannels).map { Double($0) / 4 - 1 }
        let expected = scene.output.transposeConvolved(
            scene.weights, bias: bias, kernel: test.kernel, stride: test.stride, padding: test.padding,
            height: test.height, width: test.width)
        let residual = random(test.batch, test.height, test.width, test.inputChannels, seed: 5)
        let target = scene.ground.empty(like: expected)
        let output = scene.ground.map(scene.output)
        let biases = scene.ground.floats(bias)
        let weights = scene.weights(for: .transposed)
        func run(_ epilogue: Epilogue) {
            scene.ground.run {
                $0.convolveTransposed(
                    scene.geometry, by: scene.method, output, weights: weights, into: target,
                    epilogue: epilogue)
            }
        }
        run(Epilogue(bias: biases, relu: true))
        expect(target.floats, expected.values.map { max($0, 0) }, tolerance: scene.tolerance)
        run(Epilogue(bias: biases, residual: scene.ground.map(residual)))
        let sum = zip(expected.values, residual.values).map { $0 + $1 }
        expect(target.floats, sum, tolerance: scene.tolerance)
        let mask = random(test.batch, test.height, test.width, test.inputChannels, seed: 6)
        run(Epilogue(mask: scene.ground.map(mask), accumulates: true))
        let unbiased = scene.output.transposeConvolved(
            scene.weights, bias: bias.map { _ in 0 }, kernel: test.kernel, stride: test.stride,
            padding: test.padding, height: test.height, width: test.width)
        let both = zip(sum, unbiased.values).map { $0 + $1 }
        expect(target.floats, zip(both, mask.values).map { $1 > 0 ? $0 : 0 }, tolerance: scene.tolerance)
    }

    @Test(arguments: ConvolutionCase.all, 1...3)
    func `the weights' gradient adds up every window times what it gave`(
        test: ConvolutionCase, threads: Int
    ) {
        let scene = ConvolutionScene(test, threads: threads)
        scene.reserveWorkspace(trains: true)
        let start = scene.weights
        let sum = scene.ground.zeros(test.weightCount)
        sum.assignWeights(
            start.map { Float($0) }, outputChannels: test.outputChannels, inputChannels: test.inputChannels,
            kernel: test.kernel
        )
        let (input, output) = (scene.ground.map(scene.input), scene.ground.map(scene.output))
        let bias = scene.method.sumsBias ? scene.ground.zeros(test.outputChannels) : nil
        scene.ground.run {
            $0.addWeightGradient(
                scene.geometry, by: scene.method, input: input, output: output, into: sum, bias: bias)
        }
        if let bias {
            var sums = [Double](repeating: 0, count: test.outputChannels)
            for (index, value) in scene.output.values.enumerated() { sums[index % sums.count] += value }
            expect(bias, sums)
        }
        let gradient = scene.ground.zeros(test.weightCount)
        gradient.assign(
            sum.weights(
                outputChannels: test.outputChannels, inputChannels: test.inputChannels, kernel: test.kernel))
        expect(
            gradient, zip(start, test.weightGradient(scene.input, scene.output)).map { $0 + $1 },
            tolerance: scene.tolerance)
    }

    @Test(arguments: [1, 2, 3], [1, 5, 17])
    func `the bias's gradient sums the gradient where the ReLU let it pass`(threads: Int, channels: Int) {
        let ground = Ground(threads: threads)
        let gradient = random(3, 7, 13, channels, seed: 1)
        let output = random(3, 7, 13, channels, seed: 2).mapped { max($0, 0) }
        let masked = gradient.combined(with: output) { $1 > 0 ? $0 : 0 }
        let bias = ground.floats([Double](repeating: 2, count: channels))
        let (map, mask) = (ground.map(gradient), ground.map(output))
        ground.run { $0.addBiasGradient(map, maskedBy: mask, into: bias) }
        expect(map.floats, masked.values)
        var sums = [Double](repeating: 2, count: channels)
        for (index, value) in masked.values.enumerated() { sums[index % channels] += value }
        expect(bias, sums)
    }

    @Test func `weights come back out as they went in`() {
        let ground = Ground(threads: 1)
        var generator = SplitMix(seed: 1)
        let weights = generator.numbers(5 * 3 * 4 * 4).map { Float($0) }
        let stored = ground.zeros(weights.count)
        stored.assignWeights(weights, outputChannels: 5, inputChannels: 3, kernel: 4)
        #expect(stored.weights(outputChannels: 5, inputChannels: 3, kernel: 4) == weights)
        #expect(stored.copy() != weights)
    }
}
