import ArgumentParser
import Diagnostics
import Engine
import Foundation
import Graph
import Session
import Training
import TrainingMethods
import Workbench

/// One measured piece of work: a step of training, or a forward pass.
struct Work {
    let name: String
    /// In Acuity's language.
    let network: String
    let purpose: Purpose
    let batch: Int
    let height: Int
    let width: Int
    let channels: Int

    static let all: [Work] = [
        Work(
            name: "gao2019-train-b3", network: "gao2019()", purpose: .training, batch: 3, height: 256,
            width: 256, channels: 1),
        Work(
            name: "gao2019-train-b8", network: "gao2019()", purpose: .training, batch: 8, height: 256,
            width: 256, channels: 1),
        Work(
            name: "ablation-train", network: "gao2019(widths = [8, 16, 32])", purpose: .training, batch: 8,
            height: 64, width: 64, channels: 1),
        Work(
            name: "gao2019-forward-720p", network: "gao2019()", purpose: .inference, batch: 1, height: 720,
            width: 1280, channels: 3),
        Work(
            name: "srn2018-train", network: "srn2018()", purpose: .training, batch: 2, height: 256,
            width: 256, channels: 1),
        Work(
            name: "nah2017-train", network: "nah2017()", purpose: .training, batch: 2, height: 256,
            width: 256, channels: 3),
        Work(
            name: "nafnet-train", network: "nafnet()", purpose: .training, batch: 4, height: 128,
            width: 128, channels: 3),
        Work(
            name: "nafnet-forward-720p", network: "nafnet()", purpose: .inference, batch: 1, height: 720,
            width: 1280, channels: 3),
    ]

    /// So small that it takes no time, with a layer of every kind.
    static let warmUp = Work(
        name: "warm-up", network: "srn2018(widths = [4, 4, 4], modules = 1)", purpose: .training, batch: 1,
        height: 16, width: 16, channels: 1)

    /// The work of `counts`: one image through the whole of the paper's network.
    static let counted = Work(
        name: "gao2019-train-b1", network: "gao2019()", purpose: .training, batch: 1, height: 256, width: 256,
        channels: 1)

    /// A step on small maps with many weights, where reading those is what takes the time.
    static let smallMaps = Work(
        name: "small-maps-train",
        network: "gao2019(transform = nested(order = 1), sharing = independent, widths = [8, 24, 64], "
            + "scales = 1, modules = 2)",
        purpose: .training, batch: 2, height: 48, width: 48, channels: 1)

    static func named(_ name: String) throws -> Work {
        let works = all + [counted, smallMaps]
        guard let work = works.first(where: { $0.name == name }) else {
            let names = works.map(\.name).joined(separator: ", ")
            throw ValidationError("there is no work `\(name)`; there are \(names)")
        }
        return work
    }

    func graph() throws -> Graph {
        let configuration = SessionConfiguration(version: "benchmark")
        return try Session(configuration, frontEnd: Silence())
            .graph(of: Source(name: name, text: network), channels: channels)
    }

    /// Floating-point operations of the convolutions, done directly: forward, and twice that for the two
    /// gradients.
    func operations(of graph: Graph) -> Double {
        let forward = 2 * Double(graph.multiplyAccumulates(height: height, width: width) * batch)
        return purpose == .training ? 3 * forward : forward
    }
}

/// An execution with random weights and images, ready to be timed.
final class Bench {
    let graph: Graph
    let execution: Execution
    private let purpose: Purpose
    private let rule = UpdateRule.adam()
    private var steps = 0

    init(_ work: Work, threads: Int) throws {
        graph = try work.graph()
        purpose = work.purpose
        execution = try Execution(
            graph, InputSize(batch: work.batch, height: work.height, width: work.width),
            purpose: work.purpose, threads: threads)
        var generator = SystemRandomNumberGenerator()
        func fill(_ span: inout MutableSpan<Float>) {
            for index in 0..<span.count { span[index] = Float.random(in: 0...1, using: &generator) }
        }
        var weights = Weights(zerosFor: graph)
        for (id, parameter) in zip(graph.parameterIDs, graph.parameters) where parameter.kind == .weight {
            let bound = 0.5 / Float(parameter.count / parameter.shape[0]).squareRoot()
            weights[id] = (0..<parameter.count).map { _ in .random(in: -bound...bound, using: &generator) }
        }
        execution.load(weights)
        execution.withInput { fill(&$0) }
        if purpose == .training {
            for index in graph.outputs.indices { execution.withTarget(index) { fill(&$0) } }
        }
    }

    /// - Returns: seconds.
    func step() -> Double {
        let start = ContinuousClock.now
        if purpose == .training {
            _ = execution.gradientPass(.meanSquaredError)
            steps += 1
            execution.update(by: rule, learningRate: 1e-5, step: steps)
        } else {
            execution.forward()
        }
        return (ContinuousClock.now - start) / .seconds(1)
    }
}

/// A front end that shows nothing: tracing has nothing to say.
private final class Silence: FrontEnd {
    func show(_ display: Display) {}
    func notice(_ text: String) {}
    func report(_ diagnostic: Diagnostic) {}
    func progress(_ progress: TrainingProgress, validation: Double?, of title: String) {}
    func progressEnded() {}
}

/// The most memory that this process has had, in bytes.
func peakMemory() throws -> Int { try statusBytes("VmHWM:") }

/// The memory that this process has now, in bytes.
func residentMemory() throws -> Int { try statusBytes("VmRSS:") }

private func statusBytes(_ name: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
        let kilobytes = Int(line.filter(\.isNumber))
    else {
        throw ValidationError("this system does not say how much memory a process has")
    }
    return kilobytes * 1024
}
