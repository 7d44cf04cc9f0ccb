import Graph
import Kernels
import Operators

/// Where each parameter stands in one flat run of floats, and how it is stored there.
///
/// The operator that uses a parameter says how: a convolution's weight stands as its matrix products want it,
/// a bias as it is. Each starts on a cache line, and the gaps between them hold zeros, which every optimiser
/// leaves alone.
struct ParameterLayout: Sendable {
    private struct Place {
        let offset: Int
        let count: Int
        let storage: ParameterStorage
    }

    private let places: [Place]
    let total: Int

    init(_ graph: Graph) {
        var places: [Place] = []
        var total = 0
        for (parameter, declared) in zip(graph.parameters, graph.declarations) {
            places.append(
                Place(offset: total, count: parameter.count, storage: declared?.storage ?? .plain))
            total += AlignedMemory.aligned(parameter.count)
        }
        self.places = places
        self.total = total
    }

    func floats(_ parameter: ParameterID, in memory: borrowing AlignedMemory) -> BufferView {
        let place = places[parameter.index]
        return memory.floats(at: place.offset, count: place.count)
    }

    func range(of parameter: ParameterID) -> Range<Int> {
        let place = places[parameter.index]
        return place.offset..<place.offset + place.count
    }

    /// Successive parameters as one run of values, with the zeros behind each.
    func range(of parameters: ClosedRange<Int>) -> Range<Int> {
        let last = places[parameters.upperBound]
        return places[parameters.lowerBound].offset..<last.offset + AlignedMemory.aligned(last.count)
    }

    /// A weight as Muon takes it, or nil for what Adam moves.
    func muonShape(_ parameter: ParameterID) -> MuonShape? {
        switch places[parameter.index].storage {
        case .convolution(let output, let input, let kernel)
        where MuonConstants.suits(outputChannels: output, inputChannels: input):
            return MuonShape(rows: kernel * kernel * input, columns: output)
        case .convolution, .plain: return nil
        }
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

    func store(_ weights: Weights, into memory: borrowing AlignedMemory) {
        precondition(weights.count == places.count, "\(weights.count) parameters loaded into \(places.count)")
        for index in places.indices {
            let parameter = ParameterID(index)
            let floats = floats(parameter, in: memory)
            switch places[index].storage {
            case .convolution(let output, let input, let kernel):
                floats.assignWeights(
                    weights[parameter], outputChannels: output, inputChannels: input, kernel: kernel)
            case .plain: floats.assign(weights[parameter])
            }
        }
    }

    func read(_ memory: borrowing AlignedMemory, for graph: Graph) -> Weights {
        var weights = Weights(zerosFor: graph)
        for index in places.indices {
            let parameter = ParameterID(index)
            let floats = floats(parameter, in: memory)
            switch places[index].storage {
            case .convolution(let output, let input, let kernel):
                weights[parameter] = floats.weights(
                    outputChannels: output, inputChannels: input, kernel: kernel)
            case .plain: weights[parameter] = floats.copy()
            }
        }
        return weights
    }
}
