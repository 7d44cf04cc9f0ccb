import Data
import Engine
import Foundation
import Graph

extension Graph {
    /// First weights by a rule that looks at shapes alone: ``TrainingSettings/Initialisation/xavier`` or
    /// `he`.
    ///
    /// Each parameter draws from a stream of its own, named by the parameter, so that a layer added to a
    /// network leaves the others' first weights as they were. Biases are zero.
    package func firstWeights(_ rule: VarianceRule, seed: Int) -> Weights {
        let source = RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("first weights")
        let transposed = transposedWeights
        var weights = Weights(zerosFor: self)
        for id in parameterIDs where self[id].kind == .weight {
            var stream = source.split(self[id].name)
            let fans = Fans(of: self[id].shape, isTransposed: transposed.contains(id))
            weights[id] = rule.draw(self[id].count, fans, from: &stream)
        }
        return weights
    }

    /// The weights whose shape is [in, out, k, k].
    private var transposedWeights: Set<ParameterID> {
        var weights: Set<ParameterID> = []
        for node in nodes {
            switch node.operation {
            case .transposedConvolution(let convolution): weights.insert(convolution.weight)
            case .convolution, .input, .zeros, .activation, .add, .subtract, .multiply, .affine,
                .concatenate, .slice, .resize, .downsize, .pixelShuffle, .detach:
                break
            }
        }
        return weights
    }
}

/// Connections of one unit of a convolution: channels × k², as the papers and their codes count them, also
/// where a stride thins them out.
struct Fans: Equatable {
    let fanIn: Double
    let fanOut: Double

    /// - Parameter shape: [out, in, k, k] of a convolution, [in, out, k, k] of a transposed one.
    init(of shape: [Int], isTransposed: Bool) {
        let taps = Double(shape.dropFirst(2).reduce(1, *))
        fanIn = Double(shape[isTransposed ? 0 : 1]) * taps
        fanOut = Double(shape[isTransposed ? 1 : 0]) * taps
    }
}

/// A distribution of first weights.
package enum VarianceRule {
    /// Uniform in ±√(6 / (fan in + fan out)) [Glorot & Bengio 2010].
    case xavier
    /// Normal of deviation √(2 / fan in) [He et al. 2015].
    case he

    func draw(_ count: Int, _ fans: Fans, from source: inout RandomSource) -> [Float] {
        switch self {
        case .xavier:
            let bound = (6 / (fans.fanIn + fans.fanOut)).squareRoot()
            return (0..<count).map { _ in Float(source.uniform(-bound, bound)) }
        case .he:
            let deviation = (2 / fans.fanIn).squareRoot()
            return (0..<count).map { _ in Float(deviation * source.gaussian()) }
        }
    }
}
