import Data
import Diagnostics
import Engine
import FirstWeights
import Graph
import Machine
import Operators

/// How far two networks are from being the same function, found by trying: equal weights, one random input.
public struct FunctionComparison: Sendable, Equatable {
    /// The largest difference of two lists of numbers.
    public struct Difference: Sendable, Equatable {
        /// max |a − b|.
        public let absolute: Double
        /// max |a − b| / max |a|, 0 where all are zero.
        public let relative: Double

        init(_ pairs: some Sequence<([Float], [Float])>) {
            var (difference, size) = (0.0, 0.0)
            for (left, right) in pairs {
                for index in left.indices {
                    let distance = abs(Double(left[index]) - Double(right[index]))
                    // Written so that not-a-number wins, and shows.
                    if !(distance <= difference) { difference = distance }
                    size = max(size, Double(abs(left[index])))
                }
            }
            absolute = difference
            relative = difference == 0 ? 0 : difference / size
        }
    }

    /// Parameters of either network, unique.
    public let parameters: Int
    /// Over all outputs.
    public let outputs: Difference
    /// Over the gradients of all parameters, for one random gradient at the outputs.
    public let gradients: Difference
}

/// Gives two networks the same random weights, parameter by parameter in the order of first use, runs both on
/// the same random input, and compares their outputs and the gradients of their weights.
///
/// Single precision adds in another order in another network, so equal functions differ by some 1e-6 of their
/// size.
/// - Parameters:
///   - side: of the square input; made larger to fit both networks' strides.
///   - names: what to call the two in a diagnostic.
/// - Throws: `not-comparable`, naming the first input, parameter or output that has no like in the other
///   network.
public func compareFunctions(
    _ left: Graph, _ right: Graph, names: (String, String), side: Int = 32, seed: Int = 0, threads: Int = 1
) throws(Diagnostic) -> FunctionComparison {
    let parameters = try matchedParameters(left, right, names: names)
    try requireLikeOutputs(left, right, names: names)
    let multiple = leastCommonMultiple(left.sizeMultiple, right.sizeMultiple)
    let side = side.roundedUp(toMultipleOf: multiple)

    let source = RandomSource(seed: UInt64(bitPattern: Int64(seed)))
    var (weights, others) = (Weights(zerosFor: left), Weights(zerosFor: right))
    let first = left.firstWeights(.he, seed: seed)
    for (index, (mine, its)) in parameters.enumerated() {
        // Biases too, or a network that lost one would pass.
        var stream = source.split("bias").split(index)
        weights[mine] =
            switch left[mine].kind {
            case .weight: first[mine]
            case .bias, .value: first[mine].map { $0 + Float(0.1 * stream.gaussian()) }
            }
        others[its] = weights[mine]
    }
    let mine = try Trial(left, weights, side: side, source: source, threads: threads)
    let its = try Trial(right, others, side: side, source: source, threads: threads)
    return FunctionComparison(
        parameters: left.parameterCount, outputs: .init(zip(mine.outputs, its.outputs)),
        gradients: .init(parameters.map { (mine.gradients[$0.0], its.gradients[$0.1]) }))
}

/// One forward and backward pass from numbers that the source alone determines.
private struct Trial {
    let outputs: [[Float]]
    let gradients: Weights

    init(_ graph: Graph, _ weights: Weights, side: Int, source: RandomSource, threads: Int) throws(Diagnostic)
    {
        let execution = try Execution(
            graph, InputSize(batch: 2, height: side, width: side), purpose: .training, threads: threads)
        execution.load(weights)
        var pixels = source.split("input")
        execution.withInput { span in
            for index in 0..<span.count { span[index] = Float(pixels.uniform()) }
        }
        for index in graph.outputs.indices {
            var slopes = source.split("slopes").split(index)
            execution.withTarget(index) { span in
                for index in 0..<span.count { span[index] = Float(slopes.gaussian()) }
            }
        }
        _ = execution.gradientPass(.projection)
        outputs = graph.outputs.indices.map { execution.output($0) }
        gradients = execution.parameterGradients()
    }
}

/// The parameters of two networks, side by side in the order of first use.
private func matchedParameters(
    _ left: Graph, _ right: Graph, names: (String, String)
) throws(Diagnostic) -> [(ParameterID, ParameterID)] {
    let (mine, its) = (left.parametersByUse, right.parametersByUse)
    for (one, other) in zip(mine, its)
    where left[one].shape != right[other].shape || left[one].kind != right[other].kind {
        throw Diagnostic(
            "not-comparable",
            "`\(names.0)` and `\(names.1)` do not use weights of the same shapes in the same order",
            notes: [
                "where `\(names.0)` uses `\(left[one].name)` of \(left[one].shape), "
                    + "`\(names.1)` uses `\(right[other].name)` of \(right[other].shape)"
            ])
    }
    guard mine.count == its.count else {
        let isLeftLonger = mine.count > its.count
        let extra = isLeftLonger ? left[mine[its.count]].name : right[its[mine.count]].name
        throw Diagnostic(
            "not-comparable",
            "`\(isLeftLonger ? names.0 : names.1)` has more weights than `\(isLeftLonger ? names.1 : names.0)`",
            notes: ["the first that has no like is `\(extra)`"])
    }
    return Array(zip(mine, its))
}

private func requireLikeOutputs(
    _ left: Graph, _ right: Graph, names: (String, String)
) throws(Diagnostic) {
    guard left.inputChannels == right.inputChannels else {
        throw Diagnostic(
            "not-comparable",
            "`\(names.0)` reads \(left.inputChannels) channels and `\(names.1)` \(right.inputChannels)")
    }
    let (mine, its) = (left.outputs.map { left[$0].shape }, right.outputs.map { right[$0].shape })
    guard mine == its else {
        func list(_ shapes: [Shape]) -> String { shapes.map(\.description).joined(separator: "; ") }
        throw Diagnostic(
            "not-comparable", "`\(names.0)` and `\(names.1)` have different outputs",
            notes: ["`\(names.0)`: \(list(mine))", "`\(names.1)`: \(list(its))"])
    }
}

extension Graph {
    /// Every parameter that a node uses, once, in the order of first use: a layer's weight, then its bias.
    fileprivate var parametersByUse: [ParameterID] {
        var seen: Set<ParameterID> = []
        return nodes.flatMap(\.parameters).filter { seen.insert($0).inserted }
    }
}
