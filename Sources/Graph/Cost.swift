/// What running a graph costs, and what its weights come to.
extension Graph {
    /// Multiply-accumulates of `node`'s convolution for one input image of `height` × `width` pixels; 0 for
    /// other operations, whose work is not of that kind.
    ///
    /// kernel² · in · out for each pixel of the output (of the input, for a transposed convolution).
    public func multiplyAccumulates(of node: NodeID, height: Int, width: Int) -> Int {
        let (node, operation) = (self[node], self[node].operation)
        guard let convolution = operation.convolution else { return 0 }
        let input = self[node.inputs[0]].shape
        let place = if case .transposedConvolution = operation { input.scale } else { node.shape.scale }
        let pixels = place.of(height) * place.of(width)
        return [convolution.kernel, convolution.kernel, input.channels, node.shape.channels].reduce(
            pixels, saturatingProduct)
    }

    /// Multiply-accumulates of all convolutions for one input image.
    public func multiplyAccumulates(height: Int, width: Int) -> Int {
        nodeIDs.reduce(0) { multiplyAccumulates(of: $1, height: height, width: width, addedTo: $0) }
    }

    /// `total` and the multiply-accumulates of `node`; the largest number there is where that would be too
    /// large.
    func multiplyAccumulates(of node: NodeID, height: Int, width: Int, addedTo total: Int) -> Int {
        let (sum, overflow) = total.addingReportingOverflow(
            multiplyAccumulates(of: node, height: height, width: width))
        return overflow ? .max : sum
    }

    /// The parameters that `node` uses.
    public func parameters(of node: NodeID) -> [ParameterID] {
        self[node].operation.convolution.map { [$0.weight, $0.bias] } ?? []
    }

    /// Weights counted at every use: what an equal network without sharing would have.
    public var parameterUses: Int {
        nodeIDs.reduce(0) { total, node in
            total + parameters(of: node).reduce(0) { $0 + self[$1].count }
        }
    }

    /// A text that two graphs have in common exactly if they compute the same with equally named weights.
    ///
    /// Each line is a node: operation, inputs, channels and scale; then the parameters and the outputs.
    public var canonicalText: String {
        var lines = nodes.map { node in
            "\(canonical(node.operation)) \(node.inputs.map { String($0.index) }.joined(separator: ",")) \(node.shape)"
        }
        lines += parameters.map { "\($0.name) \($0.shape.map(String.init).joined(separator: "×"))" }
        lines.append("outputs " + outputs.map { String($0.index) }.joined(separator: ","))
        return lines.joined(separator: "\n")
    }

    private func canonical(_ operation: Operation) -> String {
        switch operation {
        case .convolution(let convolution): "conv " + canonical(convolution)
        case .transposedConvolution(let convolution): "deconv " + canonical(convolution)
        case .activation(let activation): activation.rawValue
        case .affine(let factor, let offset): "affine \(factor) \(offset)"
        case .slice(let range): "slice \(range.lowerBound) \(range.upperBound)"
        case .downsize(let factor): "downsize \(factor)"
        case .pixelShuffle(let factor): "pixel_shuffle \(factor)"
        case .input, .zeros, .add, .subtract, .multiply, .concatenate, .resize, .detach: operation.kind
        }
    }

    private func canonical(_ convolution: Convolution) -> String {
        "\(convolution.weight.index) \(convolution.bias.index) k\(convolution.kernel) s\(convolution.stride) "
            + "p\(convolution.padding)"
    }
}

/// left · right, or the largest number there is: widths that a mistyped script asks for must not end the
/// program.
private func saturatingProduct(_ left: Int, _ right: Int) -> Int {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? .max : product
}

extension Operation {
    /// One word for the kind of operation, as the language calls it.
    public var kind: String {
        switch self {
        case .input: "input"
        case .zeros: "zeros"
        case .convolution: "conv"
        case .transposedConvolution: "deconv"
        case .activation(let activation): activation.rawValue
        case .add: "sum"
        case .subtract: "difference"
        case .multiply: "product"
        case .affine: "affine"
        case .concatenate: "concat"
        case .slice: "slice"
        case .resize: "resize"
        case .downsize: "downsize"
        case .pixelShuffle: "pixel_shuffle"
        case .detach: "detach"
        }
    }
}
