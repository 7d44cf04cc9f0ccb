import Data
import Diagnostics
import Engine
import Foundation
import Graph
import Images
import Inference
import Library
import Training
import Workbench

// What work costs, counted and foretold.

extension Workbench {
    /// Counts the work of training steps: a backward pass is two forward passes' worth.
    package func count(_ report: TrainingReport, of graph: Graph, steps: Int) {
        let (settings, done) = (report.settings, report.steps)
        meter.multiplyAccumulates += Self.work(graph, settings, done - steps..<done)
        meter.completedWorks += 1
        guard report.steps >= 10, report.seconds > 0 else { return }
        meter.measuredSpeed = Self.work(graph, settings, 0..<done) / report.seconds
    }

    /// Counts the restoring of one image, grown to what the network needs; a luma model is applied to each
    /// channel by itself.
    package func count(_ trained: TrainedModel, on size: ImageSize) {
        let times = trained.colour.channels == 1 ? size.channels : 1
        let padded = trained.graph.paddedSize(height: size.height, width: size.width)
        let work = trained.graph.multiplyAccumulates(height: padded.height, width: padded.width)
        meter.multiplyAccumulates += Double(work) * Double(times)
    }

    /// Multiply-accumulates of some steps of a training.
    package static func work(_ graph: Graph, _ settings: TrainingSettings, _ steps: Range<Int>) -> Double {
        settings.stages(of: steps).reduce(0) { sum, stage in
            let image = Double(graph.multiplyAccumulates(height: stage.patch, width: stage.patch))
            return sum + 3 * Double(stage.steps.count) * Double(stage.batch) * image
        }
    }

    /// Seconds from which on work is announced.
    private static let announcedSeconds = 600.0

    /// Says so before training that would take more than ten minutes.
    ///
    /// By the speed of the last training of this workbench, or else by one step of this one at batch 1.
    /// - Parameter steps: that are left.
    package func warnOfLength(of task: TrainingTask, _ plan: Plan, steps: Int) {
        let (graph, settings) = (task.graph, task.settings)
        let work = Self.work(graph, settings, task.steps - steps..<task.steps)
        // No machine that this runs on does a tenth of this or less.
        guard work > Self.announcedSeconds * 1e9 else { return }
        guard let speed = meter.measuredSpeed ?? probedSpeed(graph, settings),
            work / speed > Self.announcedSeconds
        else {
            return
        }
        let peak = (try? task.peakBytes(fromStep: task.steps - steps)) ?? plan.peakBytes
        frontEnd.notice(
            "this training will take about \(duration(work / speed)) "
                + "(\(counted(steps, "step")), \(scaled(Int(min(work, 1e18))))MACs, "
                + "\(memorySize(peak)) of memory); Ctrl-C stops it"
                + (keepsStopped ? ", and keeps what it has learnt" : ""))
    }

    private func probedSpeed(_ graph: Graph, _ settings: TrainingSettings) -> Double? {
        var probe = settings
        probe.batch = 1
        (probe.patches, probe.batches) = ([], [])
        guard let seconds = try? Training.secondsOfStep(graph, probe), seconds > 0 else { return nil }
        return Self.work(graph, probe, 0..<1) / seconds
    }
}
