import Operators

extension Graph {
    /// How far a cut through the input shows in the last output, where pieces begin and end at multiples of
    /// ``sizeMultiple``: the receptive field at each end, through strides, resizes and all. Nil where each
    /// pixel of the output depends on the whole image, as after a mean over it.
    ///
    /// Followed node by node: at a cut, convolutions find zeros and resizes an edge where the whole has more
    /// image. All weights may be anything, and one number holds for rows and columns, the larger where they
    /// differ.
    public var margin: ReceptiveFieldMargin? {
        var margins: [ReceptiveFieldMargin?] = []
        for node in nodes {
            let inputs = node.inputs.compactMap { margins[$0.index] }
            guard inputs.count == node.inputs.count else {
                margins.append(nil)
                continue
            }
            let widest = ReceptiveFieldMargin(
                leading: inputs.map(\.leading).max() ?? 0, trailing: inputs.map(\.trailing).max() ?? 0)
            margins.append(
                node.operation.margin(
                    widest, from: node.inputs.first.map { self[$0].shape.size } ?? .one,
                    to: node.shape.size))
        }
        return outputs.last.flatMap { margins[$0.index] }
    }
}
