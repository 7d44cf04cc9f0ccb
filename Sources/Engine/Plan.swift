import Graph
import Kernels

/// What an ``Execution`` is for, which decides how long values are kept.
public enum Purpose: String, Hashable, Sendable, CaseIterable {
    /// Outputs only. A value is gone after its last use, so memory does not grow with depth.
    case inference
    /// Outputs, loss and gradients. What is fused (convolution, bias, ReLU, sum) has one value; all others
    /// are kept until the backward pass begins.
    case training
    /// Every node has a value of its own, and all are kept: to look inside, or to initialise weights by what
    /// they give.
    case inspection
}

/// How a graph will run at one size on one number of threads: kernels in order, and a place for every map.
///
/// A plan is a value without memory. ``Execution`` gives it memory and runs it.
public struct Plan: Sendable {
    public let purpose: Purpose
    public let threads: Int
    /// Bytes of all feature maps and their gradients; maps whose lives do not overlap share a place.
    public var mapBytes: Int { arenaCount * 4 }
    /// Bytes that kernels use for themselves, on all threads together.
    public var scratchBytes: Int { scratch * threads * 4 }
    /// Bytes of parameters, and in training of their gradients and the optimiser's two moments.
    public var parameterBytes: Int {
        (layout.total * (purpose == .training ? 4 : 1) + packedCount) * 4
    }
    /// The most bytes that an execution has at any moment: it takes them when it is made.
    public var peakBytes: Int { mapBytes + scratchBytes + parameterBytes }

    let forward: [(node: NodeID, step: ForwardStep)]
    let backward: [(node: NodeID, step: BackwardStep)]
    let values: [Slot?]
    let input: Slot
    let targets: [Slot]
    let seeds: [Slot]
    let inputGradient: Slot?
    let packings: [Packing]
    let packedCount: Int
    let layout: ParameterLayout
    let offsets: [Int]
    let arenaCount: Int
    let scratch: Int

    /// The method of every convolution, in the order in which they run.
    public var methods: [(node: NodeID, method: String)] {
        forward.compactMap { node, step in
            if case .convolve(let convolution, _, _, _, _) = step {
                (node, convolution.method.rawValue)
            } else {
                nil
            }
        }
    }
}

extension Plan: CustomStringConvertible {
    /// Such as: `training on 2 threads: 61 forward and 130 backward kernels, 12.5 MB (maps 10.1, scratch 1.2,
    /// …)`.
    public var description: String {
        let counts = Dictionary(methods.map { ($0.method, 1) }, uniquingKeysWith: +)
        let methods = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return
            "\(purpose.rawValue) on \(threads) thread\(threads == 1 ? "" : "s"): \(forward.count) forward and "
            + "\(backward.count) backward kernels, \(megabytes(peakBytes)) MB (maps \(megabytes(mapBytes)), "
            + "scratch \(megabytes(scratchBytes)), parameters \(megabytes(parameterBytes))); "
            + "convolutions: \(methods.isEmpty ? "none" : methods.joined(separator: ", "))"
    }

    private func megabytes(_ bytes: Int) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
