import Data
import Engine
import Foundation
import Graph
import Operators

extension Graph {
    /// First weights by a rule that looks at shapes alone: ``TrainingSettings/Initialisation/xavier`` or
    /// `he`.
    ///
    /// Each parameter draws from a stream of its own, named by the parameter, so that a layer added to a
    /// network leaves the others' first weights as they were. Biases are zero.
    package func firstWeights(_ rule: VarianceRule, seed: Int) -> Weights {
        let source = RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("first weights")
        var weights = Weights(zerosFor: self)
        for (id, declared) in zip(parameterIDs, declarations) where self[id].kind == .weight {
            guard let declared else { continue }
            var stream = source.split(self[id].name)
            weights[id] = rule.draw(self[id].count, declared, from: &stream)
        }
        return weights
    }
}

/// A distribution of first weights.
package enum VarianceRule {
    /// Uniform in ±√(6 / (fan in + fan out)) [Glorot & Bengio 2010].
    case xavier
    /// Normal of deviation √(2 / fan in) [He et al. 2015].
    case he

    func draw(_ count: Int, _ parameter: OperatorParameter, from source: inout RandomSource) -> [Float] {
        let (fanIn, fanOut) = (Double(parameter.fanIn), Double(parameter.fanOut))
        switch self {
        case .xavier:
            let bound = (6 / (fanIn + fanOut)).squareRoot()
            return (0..<count).map { _ in Float(source.uniform(-bound, bound)) }
        case .he:
            let deviation = (2 / fanIn).squareRoot()
            return (0..<count).map { _ in Float(deviation * source.gaussian()) }
        }
    }
}
