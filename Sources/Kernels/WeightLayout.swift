extension Floats {
    /// Takes weights in PyTorch's order, [coarse][fine][row][column], into [row][column][fine][coarse], the
    /// order that matrix products want.
    ///
    /// PyTorch has [out][in] for a convolution and [in][out] for a transposed one: coarse before fine in
    /// both.
    package func assignWeights(_ weights: [Float], coarse: Int, fine: Int, kernel: Int) {
        precondition(
            weights.count == count && count == coarse * fine * kernel * kernel,
            "\(weights.count) weights for \(count) of \(coarse)×\(fine)×\(kernel)×\(kernel)")
        let area = kernel * kernel
        for tap in 0..<area {
            for input in 0..<fine {
                for output in 0..<coarse {
                    base[(tap * fine + input) * coarse + output] =
                        weights[(output * fine + input) * area + tap]
                }
            }
        }
    }

    /// The inverse of ``assignWeights(_:coarse:fine:kernel:)``.
    package func weights(coarse: Int, fine: Int, kernel: Int) -> [Float] {
        precondition(
            count == coarse * fine * kernel * kernel,
            "\(count) weights are not \(coarse)×\(fine)×\(kernel)×\(kernel)")
        let area = kernel * kernel
        var weights = [Float](repeating: 0, count: count)
        for tap in 0..<area {
            for input in 0..<fine {
                for output in 0..<coarse {
                    weights[(output * fine + input) * area + tap] =
                        base[(tap * fine + input) * coarse + output]
                }
            }
        }
        return weights
    }
}
