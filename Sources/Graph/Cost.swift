import Operators

/// What running a graph costs, and how many weights it has.
extension Graph {
    /// Multiply-accumulates of `node` for one input image of `height` × `width` pixels; 0 for operators whose
    /// work is not of that kind.
    ///
    /// A convolution's are kernel² · in · out for each pixel of the output (of the input, for a transposed
    /// convolution).
    public func multiplyAccumulates(of node: NodeID, height: Int, width: Int) -> Int {
        let node = self[node]
        guard let cost = node.operation.cost(inputShapes(of: node), node.shape) else { return 0 }
        return cost.factors.reduce(
            cost.size.height.of(height) * cost.size.width.of(width), saturatingProduct)
    }

    /// Multiply-accumulates of all nodes for one input image.
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
    public func parameters(of node: NodeID) -> [ParameterID] { self[node].parameters }

    /// Weights counted at every use: what an equal network without sharing would have.
    public var parameterUses: Int {
        nodeIDs.reduce(0) { total, node in
            total + parameters(of: node).reduce(0) { $0 + self[$1].count }
        }
    }

    /// A text that two graphs have in common exactly if they compute the same with equally named weights.
    ///
    /// Each line is a node: operator, parameters and attributes, inputs, channels and scale; then the
    /// parameters and the outputs. Fingerprints of tables are hashes of it.
    public var canonicalText: String {
        var lines = nodes.map { node in
            "\(canonical(node)) \(node.inputs.map { String($0.index) }.joined(separator: ",")) \(node.shape)"
        }
        lines += parameters.map { "\($0.name) \($0.shape.map(String.init).joined(separator: "×"))" }
        lines.append("outputs " + outputs.map { String($0.index) }.joined(separator: ","))
        return lines.joined(separator: "\n")
    }

    private func canonical(_ node: Node) -> String {
        let words =
            [node.operation.kind] + node.parameters.map { String($0.index) }
            + node.operation.attributes.map(\.canonicalText)
        return words.joined(separator: " ")
    }
}

/// left · right, or the largest number there is: widths that a mistyped script asks for must not end the
/// program.
private func saturatingProduct(_ left: Int, _ right: Int) -> Int {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? .max : product
}
