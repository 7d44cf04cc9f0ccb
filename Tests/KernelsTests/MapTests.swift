import Foundation
import Kernels
import ReferenceEngine
import Testing

/// Small and odd, and one that is large enough to be divided over threads.
private let extents = [[1, 1, 1, 1], [3, 2, 3, 5], [1, 33, 17, 2], [2, 40, 60, 17]]

struct ElementwiseTests {
    @Test(arguments: extents, 1...3)
    func `values are mapped and combined one by one`(shape: [Int], threads: Int) {
        let ground = Ground(threads: threads)
        let left = random(shape[0], shape[1], shape[2], shape[3], seed: 1)
        let right = random(shape[0], shape[1], shape[2], shape[3], seed: 2)
        let (a, b, target) = (ground.map(left), ground.map(right), ground.empty(like: left))
        ground.run { $0.transform(a, into: target, accumulates: false) { $0 * $0 } }
        expect(target.floats, left.mapped { $0 * $0 }.values)
        ground.run { $0.combine(a, b, into: target, accumulates: true) { $0 - $1 } }
        expect(target.floats, left.combined(with: right) { $0 * $0 + $0 - $1 }.values)
        ground.run { $0.combine(a, b, into: target, accumulates: false) { $0 * $1 } }
        expect(target.floats, left.combined(with: right, *).values)
        ground.run { $0.transform(b, into: target, accumulates: true) { 2 * $0 } }
        expect(target.floats, left.combined(with: right) { $0 * $1 + 2 * $1 }.values)
    }

    @Test(arguments: extents, 1...3)
    func `lines, scaling and filling are what they say`(shape: [Int], threads: Int) {
        let ground = Ground(threads: threads)
        let left = random(shape[0], shape[1], shape[2], shape[3], seed: 1)
        let (a, target) = (ground.map(left), ground.empty(like: left))
        ground.run { $0.affine(a, factor: -3, offset: 0.5, into: target) }
        expect(target.floats, left.mapped { 0.5 - 3 * $0 }.values)
        ground.run { $0.affine(a, factor: 2, into: target, accumulates: true) }
        expect(target.floats, left.mapped { 0.5 - $0 }.values)
        ground.run { $0.scale(target.floats, by: 4) }
        expect(target.floats, left.mapped { 2 - 4 * $0 }.values)
        ground.run { $0.fill(target.floats, with: 7) }
        expect(target.floats, left.mapped { _ in 7 }.values)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity], 1...3)
    func `one value that is not finite is found`(value: Float, threads: Int) {
        let ground = Ground(threads: threads)
        let map = ground.map(random(1, 9, 9, 3, seed: 1))
        #expect(ground.result { $0.isFinite(map) })
        var values = map.floats.copy()
        values[100] = value
        map.floats.assign(values)
        #expect(!ground.result { $0.isFinite(map) })
    }
}

struct RearrangementTests {
    @Test(arguments: 1...3)
    func `channels are copied to their place and nowhere else`(threads: Int) {
        let ground = Ground(threads: threads)
        let source = random(2, 50, 60, 5, seed: 1)
        let target = random(2, 50, 60, 7, seed: 2)
        let (from, map) = (ground.map(source), ground.map(target))
        ground.run { $0.copyChannels(3, of: from, from: 1, into: map, at: 2) }
        let expected = Tensor(batch: 2, height: 50, width: 60, channels: 7) {
            (2..<5).contains($3) ? source[$0, $1, $2, $3 - 1] : target[$0, $1, $2, $3]
        }
        expect(map.floats, expected.values)
        ground.run { $0.copyChannels(3, of: from, from: 1, into: map, at: 2, accumulates: true) }
        let twice = Tensor(batch: 2, height: 50, width: 60, channels: 7) {
            ((2..<5).contains($3) ? 2 : 1) * expected[$0, $1, $2, $3]
        }
        expect(map.floats, twice.values)
    }

    @Test(
        arguments: [[1, 1], [3, 5], [17, 33], [64, 60]], [[1, 1], [6, 10], [2, 3], [32, 30], [40, 7]])
    func `resizing is bilinear with half-pixel centres`(from: [Int], to: [Int]) {
        for threads in 1...3 {
            checkBothWays(
                threads: threads, from: random(2, from[0], from[1], 3, seed: 1),
                through: { $0.resized(height: to[0], width: to[1]) },
                forward: { $0.resize($1, into: $2) },
                adjoint: { $0.resizeAdjoint($1, into: $2, accumulates: $3) })
        }
    }

    @Test(arguments: [1, 2, 3, 4], 1...3)
    func `downsizing takes the mean of squares`(factor: Int, threads: Int) {
        checkBothWays(
            threads: threads, from: random(3, 12 * factor, 17 * factor, 5, seed: 1),
            through: { $0.downsized(by: factor) },
            forward: { $0.downsize($1, factor: factor, into: $2) },
            adjoint: { $0.downsizeAdjoint($1, factor: factor, into: $2, accumulates: $3) })
    }

    @Test(arguments: [1, 2, 3], 1...3)
    func `pixel shuffle takes channels to space`(factor: Int, threads: Int) {
        checkBothWays(
            threads: threads, from: random(3, 33, 17, 2 * factor * factor, seed: 1),
            through: { $0.pixelShuffled(by: factor) },
            forward: { $0.pixelShuffle($1, factor: factor, into: $2) },
            adjoint: { $0.pixelShuffleAdjoint($1, factor: factor, into: $2, accumulates: $3) })
    }

    /// Checks a linear kernel against its definition, and its adjoint by ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for unit
    /// vectors x.
    private func checkBothWays(
        threads: Int, from source: Tensor, through definition: (Tensor) -> Tensor,
        forward: (Worker, FeatureMap, FeatureMap) -> Void,
        adjoint: (Worker, FeatureMap, FeatureMap, Bool) -> Void
    ) {
        let ground = Ground(threads: threads)
        let expected = definition(source)
        let (input, target) = (ground.map(source), ground.empty(like: expected))
        ground.run { forward($0, input, target) }
        expect(target.floats, expected.values)

        let gradient = random(
            expected.batch, expected.height, expected.width, expected.channels, seed: 9)
        let result = ground.empty(like: source)
        let slopes = ground.map(gradient)
        ground.run { adjoint($0, slopes, result, false) }
        let back = result.floats.copy().map { Double($0) }
        var unit = source.mapped { _ in 0 }
        for index in stride(from: 0, to: source.values.count, by: max(1, source.values.count / 23)) {
            unit.values[index] = 1
            let product = zip(definition(unit).values, gradient.values).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(product - back[index]) < 1e-4, "at \(index)")
            unit.values[index] = 0
        }
        ground.run { adjoint($0, slopes, result, true) }
        expect(result.floats, back.map { 2 * $0 })
    }
}

struct OptimisationTests {
    @Test(arguments: 1...3)
    func `a sum of squares and its gradient follow their formulas`(threads: Int) {
        let ground = Ground(threads: threads)
        let output = random(3, 33, 17, 3, seed: 1)
        let target = random(3, 33, 17, 3, seed: 2)
        let gradient = ground.empty(like: output)
        let (values, wanted) = (ground.map(output), ground.map(target))
        let count = output.values.count
        func squaredError(_ worker: Worker, accumulates: Bool) -> Double {
            worker.pointwiseLoss(
                LossMaps(output: values, target: wanted, gradient: gradient, accumulates: accumulates)
            ) {
                pow(Double($0) - Double($1), 2)
            } slope: {
                2 * ($0 - $1) / Float(count)
            }
        }
        let loss = ground.result { squaredError($0, accumulates: false) }
        let squares = output.combined(with: target) { ($0 - $1) * ($0 - $1) }
        #expect(abs(loss - squares.values.reduce(0, +)) < 1e-8)
        let slopes = output.combined(with: target) { 2 * ($0 - $1) / Double(count) }
        expect(gradient.floats, slopes.values, tolerance: 1e-9)
        ground.run { _ = squaredError($0, accumulates: true) }
        expect(gradient.floats, slopes.values.map { 2 * $0 }, tolerance: 1e-9)
    }

    @Test(arguments: 1...3)
    func `a projection is the scalar product, and its gradient the other factor`(threads: Int) {
        let ground = Ground(threads: threads)
        let output = random(3, 33, 17, 3, seed: 1)
        let weight = random(3, 33, 17, 3, seed: 2)
        let (values, weights, gradient) = (ground.map(output), ground.map(weight), ground.empty(like: output))
        func projection(_ worker: Worker, accumulates: Bool) -> Double {
            worker.projection(
                LossMaps(output: values, target: weights, gradient: gradient, accumulates: accumulates))
        }
        let sum = ground.result { projection($0, accumulates: false) }
        #expect(abs(sum - output.combined(with: weight, *).values.reduce(0, +)) < 1e-4)
        expect(gradient.floats, weight.values)
        ground.run { _ = projection($0, accumulates: true) }
        expect(gradient.floats, weight.values.map { 2 * $0 })
    }

    @Test(arguments: 1...3)
    func `Adam takes the steps of its paper`(threads: Int) {
        let ground = Ground(threads: threads)
        var generator = SplitMix(seed: 1)
        let count = 20_001
        var (values, first, second) = (
            generator.numbers(count), [Double](repeating: 0, count: count),
            [Double](repeating: 0, count: count)
        )
        let parameters = ground.floats(values)
        let (mean, square) = (ground.zeros(count), ground.zeros(count))
        for step in 1...5 {
            let gradient = generator.numbers(count)
            let slopes = ground.floats(gradient)
            ground.run {
                $0.adam(
                    parameters, gradient: slopes, first: mean, second: square,
                    AdamStep(step, learningRate: 0.01))
            }
            for index in 0..<count {
                first[index] = 0.9 * first[index] + 0.1 * gradient[index]
                second[index] = 0.999 * second[index] + 0.001 * gradient[index] * gradient[index]
                let corrected = first[index] / (1 - pow(0.9, Double(step)))
                let spread = second[index] / (1 - pow(0.999, Double(step)))
                values[index] -= 0.01 * corrected / (spread.squareRoot() + 1e-8)
            }
        }
        expect(parameters, values)
        expect(mean, first)
        expect(square, second)
    }
}
