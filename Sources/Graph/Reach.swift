/// How far along one side a cut through the input shows in a map: pixels from the cut on that differ from
/// those of the whole. Beyond it they are the same.
public struct Reach: Hashable, Sendable {
    /// After a cut at the left or the top.
    public let leading: Int
    /// Before a cut at the right or the bottom.
    public let trailing: Int

    public init(leading: Int, trailing: Int) {
        self.leading = leading
        self.trailing = trailing
    }

    static let none = Reach(leading: 0, trailing: 0)
}

extension Graph {
    /// How far a cut through the input shows in the last output, where pieces begin and end at multiples of
    /// ``sizeMultiple``: the receptive field at each end, through strides, resizes and all.
    ///
    /// Followed node by node: at a cut, convolutions find zeros and resizes an edge where the whole has more
    /// picture. All kernels are square and all weights may be anything, so one number holds for rows and
    /// columns, and no smaller one would do, unless a slice takes only channels that reach less far.
    public var reach: Reach {
        var reaches: [Reach] = []
        for node in nodes {
            let inputs = node.inputs.map { reaches[$0.index] }
            let widest = Reach(
                leading: inputs.map(\.leading).max() ?? 0, trailing: inputs.map(\.trailing).max() ?? 0)
            reaches.append(
                widest.through(
                    node.operation, from: node.inputs.first.map { self[$0].shape.scale } ?? .one,
                    to: node.shape.scale))
        }
        return outputs.last.map { reaches[$0.index] } ?? .none
    }
}

extension Reach {
    /// The reach in an operation's result, of its inputs' reach.
    fileprivate func through(_ operation: Operation, from source: Scale, to target: Scale) -> Reach {
        switch operation {
        case .input, .zeros: .none
        case .convolution(let convolution):
            // Pixel i reads i·stride − padding … i·stride − padding + kernel − 1.
            Reach(
                leading: max(0, ceilingOfQuotient(leading + convolution.padding, convolution.stride)),
                trailing: max(
                    0,
                    floorOfQuotient(
                        trailing - convolution.padding + convolution.kernel - 1, convolution.stride)))
        case .transposedConvolution(let convolution):
            // Pixel o is reached by ⌈(o + padding − kernel + 1) / stride⌉ … ⌊(o + padding) / stride⌋.
            Reach(
                leading: max(
                    0, convolution.stride * (leading - 1) + convolution.kernel - convolution.padding),
                trailing: max(0, convolution.stride * trailing + convolution.padding))
        case .resize:
            // Pixel i lies at (i + ½)·ratio − ½ between two pixels of the source; ratio = steps / parts.
            Reach(
                leading: resized(leading, from: source, to: target),
                trailing: resized(trailing, from: source, to: target))
        case .downsize(let factor):
            Reach(
                leading: ceilingOfQuotient(leading, factor), trailing: ceilingOfQuotient(trailing, factor))
        case .pixelShuffle(let factor): Reach(leading: factor * leading, trailing: factor * trailing)
        case .activation, .add, .subtract, .multiply, .affine, .concatenate, .slice, .detach: self
        }
    }

    /// The first pixel i with (i + ½)·ratio − ½ ≥ `reach`, whose two neighbours both lie beyond it.
    private func resized(_ reach: Int, from source: Scale, to target: Scale) -> Int {
        let steps = source.numerator * target.denominator
        let parts = source.denominator * target.numerator
        return max(0, ceilingOfQuotient((2 * reach + 1) * parts - steps, 2 * steps))
    }
}

private func floorOfQuotient(_ left: Int, _ right: Int) -> Int {
    left >= 0 ? left / right : -((-left + right - 1) / right)
}

private func ceilingOfQuotient(_ left: Int, _ right: Int) -> Int { -floorOfQuotient(-left, right) }
