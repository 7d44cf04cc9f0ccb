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

/// A convolution's maps and weights, random, in Double and in the kernels' layout.
private struct Scene {
    let ground: Ground
    let geometry: ConvolutionGeometry
    let method: ConvolutionMethod
    let fine: Tensor
    let coarse: Tensor
    let weights: [Double]
    let stored: Floats
    let packed: Floats

    init(_ test: ConvolutionCase, threads: Int) {
        ground = Ground(threads: threads)
        fine = random(test.batch, test.height, test.width, test.fineChannels, seed: 1)
        coarse = random(test.batch, test.coarseHeight, test.coarseWidth, test.coarseChannels, seed: 2)
        geometry = ConvolutionGeometry(
            kernel: test.kernel, stride: test.stride, padding: test.padding,
            fine: ground.empty(like: fine).extent, coarse: ground.empty(like: coarse).extent)
        method = .best(for: geometry)
        var generator = SplitMix(seed: 3)
        weights = generator.numbers(test.weightCount)
        stored = ground.zeros(test.weightCount)
        stored.assignWeights(
            weights.map { Float($0) }, coarse: test.coarseChannels, fine: test.fineChannels,
            kernel: test.kernel)
        packed = ground.zeros(method.packedForSpreading(geometry))
        ground.workers.pack(geometry, by: method, stored, into: packed)
        ground.workers.reserve(scratch: method.scratch(for: geometry))
        ground.workers.poisonScratch()
    }
}

@Suite struct ConvolutionTests {
    @Test(arguments: ConvolutionCase.all, 1...3)
    func `a convolution is the sum that defines it`(test: ConvolutionCase, threads: Int) {
        let scene = Scene(test, threads: threads)
        let bias = (0..<test.coarseChannels).map { Double($0) / 4 - 1 }
        let expected = scene.fine.convolved(
            scene.weights, bias: bias, kernel: test.kernel, stride: test.stride, padding: test.padding,
            height: test.coarseHeight, width: test.coarseWidth)
        let residual = random(
            test.batch, test.coarseHeight, test.coarseWidth, test.coarseChannels, seed: 5)
        let target = scene.ground.empty(like: expected)
        let finish = Finish(bias: scene.ground.floats(bias))
        let fine = scene.ground.map(scene.fine)
        func run(_ finish: Finish) {
            scene.ground.workers.gather(
                scene.geometry, by: scene.method, fine, weights: scene.stored, into: target, finish: finish)
        }
        run(finish)
        expect(target.floats, expected.values)
        run(Finish(bias: finish.bias, relu: true))
        expect(target.floats, expected.values.map { max($0, 0) })
        run(Finish(bias: finish.bias, residual: scene.ground.map(residual)))
        let sum = zip(expected.values, residual.values).map { $0 + $1 }
        expect(target.floats, sum)
        run(Finish(bias: scene.ground.zeros(test.coarseChannels), accumulates: true))
        let unbiased = scene.fine.convolved(
            scene.weights, bias: bias.map { _ in 0 }, kernel: test.kernel, stride: test.stride,
            padding: test.padding, height: test.coarseHeight, width: test.coarseWidth)
        expect(target.floats, zip(sum, unbiased.values).map { $0 + $1 })
    }

    @Test(arguments: ConvolutionCase.all, 1...3)
    func `a transposed convolution is the sum that defines it`(test: ConvolutionCase, threads: Int) {
        let scene = Scene(test, threads: threads)
        let bias = (0..<test.fineChannels).map { Double($0) / 4 - 1 }
        let expected = scene.coarse.transposeConvolved(
            scene.weights, bias: bias, kernel: test.kernel, stride: test.stride, padding: test.padding,
            height: test.height, width: test.width)
        let residual = random(test.batch, test.height, test.width, test.fineChannels, seed: 5)
        let target = scene.ground.empty(like: expected)
        let coarse = scene.ground.map(scene.coarse)
        let biases = scene.ground.floats(bias)
        func run(_ finish: Finish) {
            scene.ground.workers.spread(
                scene.geometry, by: scene.method, coarse, weights: scene.packed, into: target, finish: finish)
        }
        run(Finish(bias: biases, relu: true))
        expect(target.floats, expected.values.map { max($0, 0) })
        run(Finish(bias: biases, residual: scene.ground.map(residual)))
        let sum = zip(expected.values, residual.values).map { $0 + $1 }
        expect(target.floats, sum)
        run(Finish(accumulates: true))
        let unbiased = scene.coarse.transposeConvolved(
            scene.weights, bias: bias.map { _ in 0 }, kernel: test.kernel, stride: test.stride,
            padding: test.padding, height: test.height, width: test.width)
        expect(target.floats, zip(sum, unbiased.values).map { $0 + $1 })
    }

    @Test(arguments: ConvolutionCase.all, 1...3)
    func `the weights' gradient adds up every window times what it gave`(
        test: ConvolutionCase, threads: Int
    ) {
        let scene = Scene(test, threads: threads)
        let start = scene.weights
        let sum = scene.ground.zeros(test.weightCount)
        sum.assignWeights(
            start.map { Float($0) }, coarse: test.coarseChannels, fine: test.fineChannels, kernel: test.kernel
        )
        scene.ground.workers.addWeightGradient(
            scene.geometry, by: scene.method, fine: scene.ground.map(scene.fine),
            coarse: scene.ground.map(scene.coarse), into: sum)
        let gradient = scene.ground.zeros(test.weightCount)
        gradient.assign(
            sum.weights(coarse: test.coarseChannels, fine: test.fineChannels, kernel: test.kernel))
        expect(gradient, zip(start, expectedWeightGradient(test, scene.fine, scene.coarse)).map { $0 + $1 })
    }

    private func expectedWeightGradient(_ test: ConvolutionCase, _ fine: Tensor, _ coarse: Tensor) -> [Double]
    {
        var gradient: [Double] = []
        for out in 0..<test.coarseChannels {
            for channel in 0..<test.fineChannels {
                for v in 0..<test.kernel {
                    for u in 0..<test.kernel {
                        var sum = 0.0
                        for image in 0..<test.batch {
                            for y in 0..<test.coarseHeight {
                                for x in 0..<test.coarseWidth {
                                    let (fromY, fromX) = (
                                        y * test.stride + v - test.padding, x * test.stride + u - test.padding
                                    )
                                    sum +=
                                        coarse[image, y, x, out] * fine.padded(image, fromY, fromX, channel)
                                }
                            }
                        }
                        gradient.append(sum)
                    }
                }
            }
        }
        return gradient
    }

    @Test(arguments: [1, 2, 3], [1, 5, 17])
    func `the bias's gradient sums the gradient where the ReLU let it pass`(threads: Int, channels: Int) {
        let ground = Ground(threads: threads)
        let gradient = random(3, 7, 13, channels, seed: 1)
        let output = random(3, 7, 13, channels, seed: 2).mapped { max($0, 0) }
        let masked = gradient.combined(with: output) { $1 > 0 ? $0 : 0 }
        let bias = ground.floats([Double](repeating: 2, count: channels))
        let map = ground.map(gradient)
        ground.workers.addBiasGradient(map, maskedBy: ground.map(output), into: bias)
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
