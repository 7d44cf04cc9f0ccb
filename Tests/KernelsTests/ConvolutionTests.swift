import Kernels
import ReferenceEngine
import Testing

/// One convolution on an awkward size. The coarse map is what the fine one gives at this stride, rounded up.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
    let kernel: Int
    let stride: Int
    let padding: Int
    let batch: Int
    let height: Int
    let width: Int
    let fineChannels: Int
    let coarseChannels: Int

    var coarseHeight: Int { (height + stride - 1) / stride }
    var coarseWidth: Int { (width + stride - 1) / stride }
    var weightCount: Int { kernel * kernel * fineChannels * coarseChannels }

    var testDescription: String {
        "\(batch)×\(height)×\(width), \(fineChannels)→\(coarseChannels), kernel \(kernel), stride \(stride), "
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
                        let (fine, coarse) = channels[(index + kernel + stride) % channels.count]
                        cases.append(
                            ConvolutionCase(
                                kernel: kernel, stride: stride, padding: padding, batch: batch,
                                height: height,
                                width: width, fineChannels: fine, coarseChannels: coarse))
                    }
                }
            }
        }
        // More than one tile of windows.
        cases.append(
            ConvolutionCase(
                kernel: 5, stride: 1, padding: 2, batch: 2, height: 33, width: 31, fineChannels: 17,
                coarseChannels: 5))
        return cases
    }()
}

extension ConvolutionCase {
    /// Every window times what it gave, in PyTorch's order.
    func weightGradient(_ fine: Tensor, _ coarse: Tensor) -> [Double] {
        var gradient = [Double](repeating: 0, count: weightCount)
        for image in 0..<batch {
            for y in 0..<coarseHeight {
                for x in 0..<coarseWidth {
                    addWindow(image, y, x, fine, coarse, to: &gradient)
                }
            }
        }
        return gradient
    }

    private func addWindow(
        _ image: Int, _ y: Int, _ x: Int, _ fine: Tensor, _ coarse: Tensor, to gradient: inout [Double]
    ) {
        for v in 0..<kernel {
            for u in 0..<kernel {
                for channel in 0..<fineChannels {
                    let value = fine.padded(
                        image, y * stride + v - padding, x * stride + u - padding, channel)
                    for out in 0..<coarseChannels {
                        gradient[((out * fineChannels + channel) * kernel + v) * kernel + u] +=
                            coarse[image, y, x, out] * value
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
    let fine: Tensor
    let coarse: Tensor
    let weights: [Double]
    private let stored: Floats
    /// What rounding may come to: Winograd's transforms multiply values by up to 8, in large tiles by up to
    /// 32, and take them apart again.
    let tolerance: Double

    init(
        _ test: ConvolutionCase, threads: Int, method: ConvolutionMethod? = nil,
        instructions: InstructionSet = .current
    ) {
        let values = test.batch * test.height * test.width * (test.fineChannels + test.coarseChannels)
        let transformed = 64 * test.stride * test.stride * (test.fineChannels + 3) * (test.coarseChannels + 3)
        ground = Ground(
            threads: threads, instructions: instructions, scratch: 0,
            floats: max(1 << 21, 8 * (values + test.weightCount) + 2 * transformed))
        fine = random(test.batch, test.height, test.width, test.fineChannels, seed: 1)
        coarse = random(test.batch, test.coarseHeight, test.coarseWidth, test.coarseChannels, seed: 2)
        geometry = ConvolutionGeometry(
            kernel: test.kernel, stride: test.stride, padding: test.padding,
            fine: ground.empty(like: fine).extent, coarse: ground.empty(like: coarse).extent)
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
            weights.map { Float($0) }, coarse: test.coarseChannels, fine: test.fineChannels,
            kernel: test.kernel)
        reserveScratch(trains: false)
    }

    /// No more than the method asks for.
    func reserveScratch(trains: Bool) {
        ground.reserve(scratch: method.scratch(for: geometry, trains: trains))
    }

    /// The weights as a direction reads them.
    func weights(for direction: Direction) -> Floats {
        let count = method.packed(geometry, for: direction)
        guard count > 0 else { return stored }
        let packed = ground.floats([Double](repeating: .nan, count: count))
        ground.run { $0.pack(geometry, by: method, for: direction, stored, into: packed) }
        return packed
    }
}

@Suite struct ConvolutionTests {
    @Test(arguments: ConvolutionCase.all, 1...3)
    func `a convolution is the sum that defines it`(test: ConvolutionCase, threads: Int) {
        let scene = ConvolutionScene(test, threads: threads)
        let bias = (0..<test.coarseChannels).map { Double($0) / 4 - 1 }
        let expected = scene.fine.convolved(
            scene.weights, bias: bias, kernel: test.kernel, stride: test.stride, padding: test.padding,
            height: test.coarseHeight, width: test.coarseWidth)
        let residual = random(
            test.batch, test.coarseHeight, test.coarseWidth, test.coarseChannels, seed: 5)
        let target = scene.ground.empty(like: expected)
        let finish = Finish(bias: scene.ground.floats(bias))
        let fine = scene.ground.map(scene.fine)
        let weights = scene.weights(for: .gathering)
        func run(_ finish: Finish) {
            scene.ground.run {
                $0.gather(
                    scene.geometry, by: scene.method, fine, weights: weights, into: target, finish: finish)
            }
        }
        run(finish)
        expect(target.floats, expected.values, tolerance: scene.tolerance)
        run(Finish(bias: finish.bias, relu: true))
        expect(target.floats, expected.values.map { max($0, 0) }, tolerance: scene.tolerance)
        run(Finish(bias: finish.bias, residual: scene.ground.map(residual)))
        let sum = zip(expected.values, residual.values).map { $0 + $1 }
        expect(target.floats, sum, tolerance: scene.tolerance)
        run(Finish(bias: scene.ground.zeros(test.coarseChannels), accumulates: true))
        let unbiased = scene.fine.convolved(
            scene.weights, bias: bias.map { _ in 0 }, kernel: test.kernel, stride: test.stride,
            padding: test.padding, height: test.coarseHeight, width: test.coarseWidth)
        expect(target.floats, zip(sum, unbiased.values).map { $0 + $1 }, tolerance: scene.tolerance)
    }

    @Test(arguments: ConvolutionCase.all, 1...3)
    func `a transposed convolution is the sum that defines it`(test: ConvolutionCase, threads: Int) {
        let scene = ConvolutionScene(test, threads: threads)
        let bias = (0..<test.fineChannels).map { Double($0) / 4 - 1 }
        let expected = scene.coarse.transposeConvolved(
            scene.weights, bias: bias, kernel: test.kernel, stride: test.stride, padding: test.padding,
            height: test.height, width: test.width)
        let residual = random(test.batch, test.height, test.width, test.fineChannels, seed: 5)
        let target = scene.ground.empty(like: expected)
        let coarse = scene.ground.map(scene.coarse)
        let biases = scene.ground.floats(bias)
        let weights = scene.weights(for: .spreading)
        func run(_ finish: Finish) {
            scene.ground.run {
                $0.spread(
                    scene.geometry, by: scene.method, coarse, weights: weights, into: target, finish: finish)
            }
        }
        run(Finish(bias: biases, relu: true))
        expect(target.floats, expected.values.map { max($0, 0) }, tolerance: scene.tolerance)
        run(Finish(bias: biases, residual: scene.ground.map(residual)))
        let sum = zip(expected.values, residual.values).map { $0 + $1 }
        expect(target.floats, sum, tolerance: scene.tolerance)
        let mask = random(test.batch, test.height, test.width, test.fineChannels, seed: 6)
        run(Finish(mask: scene.ground.map(mask), accumulates: true))
        let unbiased = scene.coarse.transposeConvolved(
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
        scene.reserveScratch(trains: true)
        let start = scene.weights
        let sum = scene.ground.zeros(test.weightCount)
        sum.assignWeights(
            start.map { Float($0) }, coarse: test.coarseChannels, fine: test.fineChannels, kernel: test.kernel
        )
        let (fine, coarse) = (scene.ground.map(scene.fine), scene.ground.map(scene.coarse))
        let bias = scene.method.sumsBias ? scene.ground.zeros(test.coarseChannels) : nil
        scene.ground.run {
            $0.addWeightGradient(
                scene.geometry, by: scene.method, fine: fine, coarse: coarse, into: sum, bias: bias)
        }
        if let bias {
            var sums = [Double](repeating: 0, count: test.coarseChannels)
            for (index, value) in scene.coarse.values.enumerated() { sums[index % sums.count] += value }
            expect(bias, sums)
        }
        let gradient = scene.ground.zeros(test.weightCount)
        gradient.assign(
            sum.weights(coarse: test.coarseChannels, fine: test.fineChannels, kernel: test.kernel))
        expect(
            gradient, zip(start, test.weightGradient(scene.fine, scene.coarse)).map { $0 + $1 },
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
        stored.assignWeights(weights, coarse: 5, fine: 3, kernel: 4)
        #expect(stored.weights(coarse: 5, fine: 3, kernel: 4) == weights)
        #expect(stored.copy() != weights)
    }
}
