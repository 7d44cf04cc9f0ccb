import Graph
import Operators

/// A graph with all weights positive and different, so that nothing that is reached cancels out.
private func run(_ graph: Graph, _ input: Tensor) -> Tensor {
    var random = SplitMix(seed: 3)
    let parameters = graph.parameters.map { parameter in
        (0..<parameter.count).map { _ in Double.random(in: 0.1...1, using: &random) }
    }
    return ReferenceInterpreter(graph, parameters: parameters, input: input).values()[
        graph.outputs[0].index]
}

/// The receptive-field margin found by trying: the outermost pixels of a piece's result that are not the
/// whole's, in one row.
public func measuredMargin(of graph: Graph, start: Int, length: Int, whole: Int) -> ReceptiveFieldMargin {
    let multiple = graph.sizeMultiple
    precondition(start % multiple == 0 && length % multiple == 0 && whole % multiple == 0)
    var random = SplitMix(seed: 11)
    let image = (0..<whole).map { _ in Double.random(in: 1...2, using: &random) }
    // One image of `multiple` equal rows, its channels multiples of one another: what holds along a row holds
    // along a column.
    func input(_ columns: Range<Int>) -> Tensor {
        let channels = graph.inputChannels
        var tensor = Tensor(batch: 1, height: multiple, width: columns.count, channels: channels)
        tensor.values = (0..<multiple).flatMap { _ in
            image[columns].flatMap { value in (1...channels).map { value * Double($0) } }
        }
        return tensor
    }
    let (all, piece) = (run(graph, input(0..<whole)), run(graph, input(start..<start + length)))
    let channels = piece.channels
    let differing = (0..<length).filter { column in
        (0..<channels).contains { channel in
            let expected = all.values[(start + column) * channels + channel]
            return abs(piece.values[column * channels + channel] - expected) > 1e-12 * abs(expected)
        }
    }
    let (left, right) = (differing.filter { $0 < length / 2 }, differing.filter { $0 >= length / 2 })
    return ReceptiveFieldMargin(
        leading: left.last.map { $0 + 1 } ?? 0, trailing: right.first.map { length - $0 } ?? 0)
}
