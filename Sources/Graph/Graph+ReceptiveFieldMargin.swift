import Operators

extension Graph {
    /// How far a cut through the input shows in the last output, where pieces begin and end at multiples of
    /// ``sizeMultiple``: the receptive field at each end, through strides, resizes and all.
    ///
    /// Followed node by node: at a cut, convolutions find zeros and resizes an edge where the whole has more
    /// image. All kernels are square and all weights may be anything, so one number holds for rows and
    /// columns, and no smaller one would do, unless a slice takes only channels that reach less far.
    public var margin: ReceptiveFieldMargin {
        var reaches: [ReceptiveFieldMargin] = []
        for node in nodes {
            let inputs = node.inputs.map { reaches[$0.index] }
            let widest = ReceptiveFieldMargin(
                leading: inputs.map(\.leading).max() ?? 0, trailing: inputs.map(\.trailing).max() ?? 0)
            reaches.append(
                node.operation.margin(
                    widest, from: node.inputs.first.map { self[$0].shape.scale } ?? .one,
                    to: node.shape.scale))
        }
        return outputs.last.map { reaches[$0.index] } ?? .none
    }
}
