import Data
import Engine
import Foundation
import Graph
import Operators

/// A distribution of first weights by the shape of a weight alone.
package struct VarianceRule: Sendable {
    /// So many values for a weight of the given fans.
    let draw: @Sendable (Int, _ fanIn: Double, _ fanOut: Double, inout RandomSource) -> [Float]
}

extension Graph {
    /// First weights by a rule that looks at shapes alone.
    ///
    /// Each parameter draws from a stream of its own, named by the parameter, so that a layer added to a
    /// network leaves the others' first weights as they were. Biases are zero, and a layer's other values
    /// what the layer says.
    package func firstWeights(_ rule: VarianceRule, seed: Int) -> Weights {
        let source = RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("first weights")
        var weights = Weights(zerosFor: self)
        for (id, declared) in zip(parameterIDs, declarations) {
            guard let declared else { continue }
            guard self[id].kind == .weight else {
                weights[id] = [Float](repeating: Float(declared.start), count: self[id].count)
                continue
            }
            var stream = source.split(self[id].name)
            weights[id] = rule.draw(
                self[id].count, Double(declared.fanIn), Double(declared.fanOut), &stream)
        }
        return weights
    }
}
