import Graph

/// A graph's weights by parameter, each in the order of its ``Graph/Parameter/shape`` (PyTorch's): what
/// checkpoints keep, initialisers fill and ``Execution/load(_:)`` takes.
public struct Weights: Sendable, Equatable {
    private var values: [[Float]]

    public init(zerosFor graph: Graph) {
        values = graph.parameters.map { [Float](repeating: 0, count: $0.count) }
    }

    /// Parameters; their identifiers are those of the graph.
    public var count: Int { values.count }

    /// - Precondition: as many values are set as the parameter has.
    public subscript(parameter: ParameterID) -> [Float] {
        get { values[parameter.index] }
        set {
            let count = values[parameter.index].count
            precondition(
                newValue.count == count,
                "\(newValue.count) values for parameter \(parameter.index) of \(count)")
            values[parameter.index] = newValue
        }
    }
}
