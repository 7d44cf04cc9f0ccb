import Diagnostics
import Engine
import Graph
import Images
import Machine

/// What it costs to restore one colour image.
public struct InferenceCost: Sendable {
    /// Multiply-accumulates, of all three channels.
    public let multiplyAccumulates: Int
    /// Bytes of feature maps, weights and workspace, as planned.
    public let bytes: Int
    /// On the clock: the median of several passes.
    public let seconds: Double
}

private let timedPasses = 3

/// Measures it, with weights of zero: what they are makes no difference to the time. The image is grown to
/// what the network's strides divide, and goes through the network in one piece.
/// - Parameters:
///   - colour: whether the network takes the three channels one by one, as a batch of three, or as one
///     image.
/// - Throws: `not-enough-memory`, `interrupted`.
public func inferenceCost(
    of graph: Graph, colour: InputColour, height: Int, width: Int, threads: Int,
    stop: StopFlag = StopFlag()
) throws(Diagnostic) -> InferenceCost {
    let size = graph.paddedSize(height: height, width: width)
    let batch = colour == .luma ? 3 : 1
    let plan = try Plan(
        graph, InputSize(batch: batch, height: size.height, width: size.width), purpose: .inference,
        threads: threads)
    try plan.checkMachine()
    let execution = try Execution(graph, plan)
    execution.load(Weights(zerosFor: graph))
    execution.withInput { values in
        for index in 0..<values.count { values[index] = 0.5 }
    }
    var seconds: [Double] = []
    // The first is not timed.
    for pass in 0...timedPasses {
        try stop.check()
        let watch = Stopwatch()
        execution.forward()
        if pass > 0 { seconds.append(watch.seconds) }
    }
    return InferenceCost(
        multiplyAccumulates: batch * graph.multiplyAccumulates(height: size.height, width: size.width),
        bytes: plan.peakBytes, seconds: seconds.sorted()[seconds.count / 2])
}
