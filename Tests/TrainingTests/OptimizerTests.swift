import Engine
import Foundation
import Graph
import Kinds
import Samples
import Testing
import Training
import TrainingMethods

/// Optimisers as a training uses them, through an execution, against PyTorch's.
struct OptimizerTests {
    struct Oracle: Decodable {
        let rows: Int
        let columns: Int
        let start: [Float]
        let rates: [Double]
        let gradients: [[Float]]
        let weights: [String: [[Float]]]
        let clipped: [String: [[Float]]]
        let averages: [[Float]]

        static func read() throws -> Oracle {
            let path = URL(filePath: #filePath).appending(path: "../../Oracles/optimizers.json").standardized
            return try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: path))
        }
    }

    /// An optimiser and its settings, as scripts and the oracle name them.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let optimizer: Optimizer
        let values: [(Setting, Double)]
        /// Of a weight, on the way of twelve steps of a hundredth.
        var tolerance: Float = 2e-6

        var testDescription: String { name }

        var rule: UpdateRule {
            var settings = SettingValues()
            for setting in optimizer.settings { settings[setting] = optimizer.usualValue(of: setting) }
            for (setting, value) in values { settings[setting] = value }
            return optimizer.rule(settings)
        }
    }

    static let cases = [
        Case(
            name: "adam(betas = [0.8, 0.99], epsilon = 1e-6)", optimizer: .adam,
            values: [(.beta1, 0.8), (.beta2, 0.99), (.epsilon, 1e-6)]),
        Case(name: "adamw()", optimizer: .adamw, values: []),
        Case(
            name: "adamw(decay = 0.1, betas = [0.9, 0.9])", optimizer: .adamw,
            values: [(.weightDecay, 0.1), (.beta1, 0.9), (.beta2, 0.9)]),
        Case(name: "sgd()", optimizer: .sgd, values: []),
        Case(name: "sgd(momentum = 0)", optimizer: .sgd, values: [(.momentum, 0)]),
        Case(
            name: "sgd(momentum = 0.8, decay = 0.1)", optimizer: .sgd,
            values: [(.momentum, 0.8), (.weightDecay, 0.1)]),
        // PyTorch's iteration is in bfloat16.
        Case(name: "muon()", optimizer: .muon, values: [], tolerance: 2e-3),
        Case(name: "muon(decay = 0.5)", optimizer: .muon, values: [(.weightDecay, 0.5)], tolerance: 2e-3),
    ]

    /// A 1×1 convolution with a bias whose weight's gradient is its target: of a batch of unit pixels, each
    /// passes the gradient of its output on to the weights of its channel.
    static func bench(_ oracle: Oracle, threads: Int = 1, averagesWeights: Bool = false) throws -> Execution {
        var builder = GraphBuilder()
        let graph = builder.graph([
            builder.conv(builder.input(oracle.columns), oracle.rows, "layer", kernel: 1)
        ])
        let size = InputSize(batch: oracle.columns, height: 1, width: 1)
        let execution = try Execution(
            graph, Plan(graph, size, purpose: .training, threads: threads), averagesWeights: averagesWeights)
        var weights = Weights(zerosFor: graph)
        weights[ParameterID(0)] = oracle.start
        execution.load(weights)
        execution.withInput { span in
            for index in 0..<span.count {
                span[index] = index % oracle.columns == index / oracle.columns ? 1 : 0
            }
        }
        return execution
    }

    /// Makes `gradient`, [rows][columns], the weight's.
    static func pass(_ gradient: [Float], _ oracle: Oracle, through execution: Execution) {
        execution.withTarget(0) { span in
            for index in 0..<span.count {
                let (column, row) = index.quotientAndRemainder(dividingBy: oracle.rows)
                span[index] = gradient[row * oracle.columns + column]
            }
        }
        _ = execution.gradientPass(.projection)
    }

    @Test(arguments: cases, 1...2)
    func `twelve steps equal PyTorch's`(optimizer: Case, threads: Int) throws {
        let oracle = try Oracle.read()
        let execution = try Self.bench(oracle, threads: threads)
        let expected = try #require(oracle.weights[optimizer.name])
        #expect(expected.count == oracle.gradients.count)
        for (step, gradient) in oracle.gradients.enumerated() {
            Self.pass(gradient, oracle, through: execution)
            execution.update(by: optimizer.rule, learningRate: oracle.rates[step], step: step + 1)
            let found = execution.weights()[ParameterID(0)]
            let worst = zip(found, expected[step]).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < optimizer.tolerance, "step \(step + 1)")
        }
    }

    @Test(
        arguments: [
            ("norm 0.5", GradientClip.norm(0.5)), ("norm 1000", .norm(1000)), ("value 0.01", .value(0.01)),
        ], 1...2)
    func `gradients are clipped as PyTorch clips them`(clip: (String, GradientClip), threads: Int) throws {
        let oracle = try Oracle.read()
        let execution = try Self.bench(oracle, threads: threads)
        // The bias has a gradient too, which the norm would count.
        execution.treatment = ParameterTreatment(execution.graph) { id in
            var own = ParameterTreatment.Own()
            own.rate = id.index == 0 ? 1 : 0
            return own
        }
        let expected = try #require(oracle.clipped[clip.0])
        #expect(expected.count == 4)
        for (gradient, clipped) in zip(oracle.gradients, expected) {
            Self.pass(gradient, oracle, through: execution)
            execution.clipGradients(by: clip.1)
            let found = execution.parameterGradients()[ParameterID(0)]
            for (found, expected) in zip(found, clipped) {
                #expect(abs(found - expected) <= 1e-6 * max(abs(expected), 1e-3))
            }
        }
    }

    @Test(arguments: 1...2)
    func `the average of the weights is PyTorch's`(threads: Int) throws {
        let oracle = try Oracle.read()
        let execution = try Self.bench(oracle, threads: threads, averagesWeights: true)
        execution.loadAverage(execution.weights())
        for (step, gradient) in oracle.gradients.enumerated() {
            Self.pass(gradient, oracle, through: execution)
            execution.update(by: .gradientDescent(momentum: 0), learningRate: 0.1, step: step + 1)
            execution.average(keeping: 0.9)
            let found = execution.averagedWeights()[ParameterID(0)]
            let worst = zip(found, oracle.averages[step]).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < 2e-6, "step \(step + 1)")
        }
    }

    @Test(arguments: DecayExemption.all)
    func `weight decay spares what it is told to`(exemption: DecayExemption) throws {
        let oracle = try Oracle.read()
        let execution = try Self.bench(oracle)
        var settings = TrainingSettings(length: .steps(1))
        settings.optimizer = .adamw
        settings.decayExemption = exemption
        execution.treatment = settings.treatment(of: execution.graph)
        var weights = execution.weights()
        weights[ParameterID(1)] = weights[ParameterID(1)].map { _ in 2 }
        execution.load(weights)
        Self.pass(oracle.gradients[0].map { _ in 0 }, oracle, through: execution)
        execution.update(by: .adamw(decay: 0.5), learningRate: 0.1, step: 1)
        // Without a gradient nothing but the decay moves them.
        let moved = execution.weights()
        #expect(moved[ParameterID(0)] == oracle.start.map { $0 * Float(0.95) })
        #expect(moved[ParameterID(1)].allSatisfy { $0 == (exemption == .none ? 1.9 : 2) })
    }
}
