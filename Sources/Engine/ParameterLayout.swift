import Graph
import Kernels

/// Where each parameter stands in one flat run of floats, and how it is stored there.
///
/// A weight is stored as its convolution's matrix products want it, a bias as it is; each starts on a cache
/// line, and the gaps between them hold zeros, which every optimiser leaves alone.
struct ParameterLayout: Sendable {
    private struct Place {
        let offset: Int
        let count: Int
        /// Of a weight: channels of the coarse and the fine map, and the kernel's side.
        let weight: (coarse: Int, fine: Int, kernel: Int)?
    }

    private let places: [Place]
    let total: Int

    init(_ graph: Graph) {
        var places: [Place] = []
        var total = 0
        for parameter in graph.parameters {
            let shape = parameter.shape
            switch parameter.kind {
            case .weight:
                precondition(
                    shape.count == 4 && shape[2] == shape[3], "weight \(parameter.name) has shape \(shape)")
                places.append(
                    Place(offset: total, count: parameter.count, weight: (shape[0], shape[1], shape[2])))
            case .bias: places.append(Place(offset: total, count: parameter.count, weight: nil))
            }
            total += Memory.aligned(parameter.count)
        }
        self.places = places
        self.total = total
    }

    func floats(_ parameter: ParameterID, in memory: borrowing Memory) -> Floats {
        let place = places[parameter.index]
        return memory.floats(at: place.offset, count: place.count)
    }

    /// A weight as Muon takes it, or nil for what Adam moves.
    func muonShape(_ parameter: ParameterID) -> MuonShape? {
        guard let weight = places[parameter.index].weight,
            MuonConstants.suits(coarse: weight.coarse, fine: weight.fine)
        else { return nil }
        return MuonShape(rows: weight.kernel * weight.kernel * weight.fine, columns: weight.coarse)
    }

    /// The parameters, divided over threads into about equal work of Muon: the largest first, each to whoever
    /// has least.
    func shares(threads: Int) -> [[ParameterID]] {
        let works = places.indices.map { index in
            (
                id: ParameterID(index),
                work: muonShape(ParameterID(index))?.multiplications ?? places[index].count
            )
        }
        var shares = [(ids: [ParameterID], work: Int)](repeating: ([], 0), count: threads)
        for (id, work) in works.sorted(by: { ($1.work, $0.id) < ($0.work, $1.id) }) {
            guard let least = shares.indices.min(by: { shares[$0].work < shares[$1].work }) else { break }
            shares[least].ids.append(id)
            shares[least].work += work
        }
        return shares.map(\.ids)
    }

    func store(_ weights: Weights, into memory: borrowing Memory) {
        precondition(weights.count == places.count, "\(weights.count) parameters loaded into \(places.count)")
        for index in places.indices {
            let parameter = ParameterID(index)
            let floats = floats(parameter, in: memory)
            if let shape = places[index].weight {
                floats.assignWeights(
                    weights[parameter], coarse: shape.coarse, fine: shape.fine, kernel: shape.kernel)
            } else {
                floats.assign(weights[parameter])
            }
        }
    }

    func read(_ memory: borrowing Memory, for graph: Graph) -> Weights {
        var weights = Weights(zerosFor: graph)
        for index in places.indices {
            let parameter = ParameterID(index)
            let floats = floats(parameter, in: memory)
            if let shape = places[index].weight {
                weights[parameter] = floats.weights(
                    coarse: shape.coarse, fine: shape.fine, kernel: shape.kernel)
            } else {
                weights[parameter] = floats.copy()
            }
        }
        return weights
    }
}
