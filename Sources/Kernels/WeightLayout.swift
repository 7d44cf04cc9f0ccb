extension BufferView {
    /// Takes weights in PyTorch's order, [output][input][row][column], into [row][column][input][output], the
    /// order that matrix products want.
    ///
    /// PyTorch has [out][in] for a convolution and [in][out] for a transposed one: output before input in
    /// both.
    package func assignWeights(_ weights: [Float], outputChannels: Int, inputChannels: Int, kernel: Int) {
        precondition(
            weights.count == count && count == outputChannels * inputChannels * kernel * kernel,
            "\(weights.count) weights for \(count) of \(outputChannels)×\(inputChannels)×\(kernel)×\(kernel)")
        let area = kernel * kernel
        for tap in 0..<area {
            for input in 0..<inputChannels {
                for output in 0..<outputChannels {
                    base[(tap * inputChannels + input) * outputChannels + output] =
                        weights[(output * inputChannels + input) * area + tap]
                }
            }
        }
    }

    /// The inverse of ``assignWeights(_:outputChannels:inputChannels:kernel:)``.
    package func weights(outputChannels: Int, inputChannels: Int, kernel: Int) -> [Float] {
        precondition(
            count == outputChannels * inputChannels * kernel * kernel,
            "\(count) weights are not \(outputChannels)×\(inputChannels)×\(kernel)×\(kernel)")
        let area = kernel * kernel
        var weights = [Float](repeating: 0, count: count)
        for tap in 0..<area {
            for input in 0..<inputChannels {
                for output in 0..<outputChannels {
                    weights[(output * inputChannels + input) * area + tap] =
                        base[(tap * inputChannels + input) * outputChannels + output]
                }
            }
        }
        return weights
    }
}
