import Engine
import Foundation
import Graph
import Kinds
import Samples
import Testing
import TrainingMethods

/// Checks every loss of the list against its formula in Double.
struct LossTests {
    private static let batch = 3
    private static let side = 16

    /// By a loss's name, its formula for one output: images of a batch, each with its target.
    private static let references: [String: @Sendable ([[Double]], [[Double]], SettingValues) -> Double] = [
        "mse": { outputs, targets, _ in meanSquaredError(outputs.flatMap(\.self), targets.flatMap(\.self)) },
        "psnr": { outputs, targets, settings in
            zip(outputs, targets).reduce(0.0) {
                $0 + 10 * log10(meanSquaredError($1.0, $1.1) + settings[.lossFloor])
            } / Double(outputs.count)
        },
    ]

    private static func meanSquaredError(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(left.count)
    }

    /// A network whose only parameter is the bias of an output that is otherwise its input.
    private static func identity() -> (graph: Graph, weights: Weights) {
        var builder = GraphBuilder()
        let graph = builder.graph([builder.conv(builder.input(1), 1, "output", kernel: 1)])
        var weights = Weights(zerosFor: graph)
        weights[ParameterID(0)] = [1]
        return (graph, weights)
    }

    private static func waves(_ phase: Double) -> [[Double]] {
        (0..<batch).map { image in
            (0..<side * side).map { place -> Double in
                let angle = phase + 0.37 * Double(place) + Double(image)
                return Double(Float(0.5 + 0.4 * sin(angle)))
            }
        }
    }

    @Test(arguments: Loss.all, 1...2)
    func `a loss and its gradient follow its formula`(loss: Loss, threads: Int) throws {
        let reference = try #require(
            Self.references[loss.name], "the loss \"\(loss.name)\" has no reference in this test")
        var settings = SettingValues()
        for setting in loss.settings { settings[setting] = 0.7 * setting.standard }
        let (graph, weights) = Self.identity()
        let execution = try Execution(
            graph, InputSize(batch: Self.batch, height: Self.side, width: Self.side), purpose: .training,
            threads: threads, inputGradient: true)
        let (outputs, targets) = (Self.waves(0), Self.waves(0.3))
        execution.load(weights)
        execution.withInput { $0.fill(with: outputs.flatMap(\.self).map { Float($0) }) }
        execution.withTarget(0) { $0.fill(with: targets.flatMap(\.self).map { Float($0) }) }

        let value = execution.gradientPass(loss.lossFunction(settings))
        let expected = reference(outputs, targets, settings)
        #expect(abs(value - expected) < 1e-6 * max(1, abs(expected)))
        #expect(execution.loss(ofOutput: 0) == value)

        let gradient = try #require(execution.inputGradient())
        for (image, place) in [(0, 0), (0, 77), (1, 200), (2, 255)] {
            var moved = outputs
            func loss(_ distance: Double) -> Double {
                moved[image][place] = outputs[image][place] + distance
                return reference(moved, targets, settings)
            }
            let slope = (loss(1e-4) - loss(-1e-4)) / 2e-4
            let actual = Double(gradient[image * Self.side * Self.side + place])
            #expect(abs(actual - slope) < 1e-4 * abs(slope) + 1e-7, "image \(image), value \(place)")
        }
    }

    @Test(arguments: Loss.all)
    func `a loss says which PSNR it stands for`(loss: Loss) throws {
        let reference = try #require(Self.references[loss.name])
        var settings = SettingValues()
        if loss.settings.contains(where: { $0.name == Setting.lossFloor.name }) {
            settings[.lossFloor] = 1e-12
        }
        let output = [[0.25, 0.5, 0.75, 0.5]]
        let target = [[0.35, 0.4, 0.75, 0.5]]
        // A mean squared error of 0.005.
        #expect(abs(loss.psnr(reference(output, target, settings)) - 10 * log10(1 / 0.005)) < 1e-8)
    }
}
