import Graph

/// What an optimiser does differently for each parameter of a graph.
public struct ParameterTreatment: Sendable, Equatable {
    public struct Own: Sendable, Equatable {
        /// Times the learning rate; 0 leaves the parameter as it is.
        public var rate = 1.0
        /// Whether weight decay reaches it.
        public var decays = true

        public init() {}
    }

    /// Successive parameters that are treated alike.
    struct Run: Sendable, Equatable {
        var parameters: ClosedRange<Int>
        let treatment: Own
    }

    private var all: [Own]
    /// Found when a treatment changes rather than at each step.
    private(set) var runs: [Run] = []

    /// The same for all.
    public init(count: Int) {
        all = [Own](repeating: Own(), count: count)
        findRuns()
    }

    /// - Parameter treat: what is done with each of the graph's parameters.
    public init(_ graph: Graph, _ treat: (ParameterID) -> Own) {
        all = graph.parameterIDs.map(treat)
        findRuns()
    }

    var count: Int { all.count }

    public subscript(parameter: ParameterID) -> Own { all[parameter.index] }

    /// Parameters that no step moves.
    public var frozen: [ParameterID] {
        all.indices.filter { all[$0].rate == 0 }.map { ParameterID($0) }
    }

    private mutating func findRuns() {
        runs = []
        for (index, own) in all.enumerated() {
            if let last = runs.last, last.treatment == own {
                runs[runs.count - 1].parameters = last.parameters.lowerBound...index
            } else {
                runs.append(Run(parameters: index...index, treatment: own))
            }
        }
    }
}
