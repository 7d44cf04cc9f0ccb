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
/// whole's, in one row or one column.
public func measuredMargin(of graph: Graph, start: Int, length: Int, whole: Int) -> ReceptiveFieldMargin {
    let sides = [true, false].map { measuredMargin(of: graph, start, length, whole, alongRow: $0) }
    return ReceptiveFieldMargin(
        leading: max(sides[0].leading, sides[1].leading), trailing: max(sides[0].trailing, sides[1].trailing))
}

private func measuredMargin(
    of graph: Graph, _ start: Int, _ length: Int, _ whole: Int, alongRow: Bool
) -> ReceptiveFieldMargin {
    let multiple = graph.sizeMultiple
    precondition(start % multiple == 0 && length % multiple == 0 && whole % multiple == 0)
    var random = SplitMix(seed: 11)
    // It rises, so that the largest value is not in the piece.
    let image = (0..<whole).map { Double.random(in: 1...2, using: &random) + Double($0) / Double(whole) }
    // One image of a few equal rows or columns, its channels multiples of one another.
    let least = graph.smallestSize
    let across = alongRow ? least.height : least.width
    func input(_ places: Range<Int>) -> Tensor {
        Tensor(
            batch: 1, height: alongRow ? across : places.count, width: alongRow ? places.count : across,
            channels: graph.inputChannels
        ) { _, y, x, channel in image[places.lowerBound + (alongRow ? x : y)] * Double(channel + 1) }
    }
    let (all, piece) = (run(graph, input(0..<whole)), run(graph, input(start..<start + length)))
    let differing = (0..<length).filter { place in
        (0..<piece.channels).contains { channel in
            func value(_ map: Tensor, _ place: Int) -> Double {
                alongRow ? map[0, map.height / 2, place, channel] : map[0, place, map.width / 2, channel]
            }
            let expected = value(all, start + place)
            return abs(value(piece, place) - expected) > 1e-12 * abs(expected)
        }
    }
    let (left, right) = (differing.filter { $0 < length / 2 }, differing.filter { $0 >= length / 2 })
    return ReceptiveFieldMargin(
        leading: left.last.map { $0 + 1 } ?? 0, trailing: right.first.map { length - $0 } ?? 0)
}
