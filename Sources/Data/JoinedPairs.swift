import Diagnostics
import Machine

/// The pairs of several datasets, one after the other. A training draws from all alike, of twice as many
/// pairs twice as often; unless they have weights, by which the pairs of a part are drawn more often.
public struct JoinedPairs: Dataset {
    /// None of them joined itself.
    public let parts: [any Dataset]
    /// How often a pair of each part is drawn, in relation to those of the others.
    public let weights: [Double]
    /// The number of the first pair of each part, and at last of all pairs.
    private let starts: [Int]

    public init(_ first: any Dataset, _ second: any Dataset) {
        let all = [first, second].flatMap { data -> [(any Dataset, Double)] in
            if let joined = data as? JoinedPairs { return Array(zip(joined.parts, joined.weights)) }
            if let weighted = data as? WeightedPairs { return [(weighted.base, weighted.weight)] }
            return [(data, 1)]
        }
        self.init(all.map(\.0), weights: all.map(\.1))
    }

    private init(_ parts: [any Dataset], weights: [Double]) {
        (self.parts, self.weights) = (parts, weights)
        starts = parts.reduce(into: [0]) { starts, part in starts.append((starts.last ?? 0) + part.count) }
    }

    public var count: Int { starts[parts.count] }

    /// Whether some pairs are to be drawn more often than others.
    public var isWeighted: Bool { weights.contains { $0 != weights[0] } }

    func scaled(by weight: Double) -> JoinedPairs {
        JoinedPairs(parts, weights: weights.map { $0 * weight })
    }

    /// A pair drawn by the weights: as often as its part's weight says.
    func draw(_ source: inout RandomSource) -> Int {
        let masses = zip(parts, weights).map { Double($0.count) * $1 }
        var rest = source.uniform() * masses.reduce(0, +)
        for (number, mass) in masses.enumerated() where mass > 0 {
            rest -= mass
            // The last part that has any takes what rounding leaves.
            if rest < 0 || starts[number + 1] == count {
                return starts[number] + source.integer(in: 0...parts[number].count - 1)
            }
        }
        preconditionFailure("nothing to draw from")
    }

    public var name: String { parts.map(\.name).joined(separator: " + ") }

    public var description: String {
        zip(parts, weights).map { part, weight in
            isWeighted ? WeightedPairs(part, weight: weight).description : part.description
        }.joined(separator: ", and ")
    }

    public var imageSize: ImageSize? {
        let sizes = Set(parts.map(\.imageSize))
        return sizes.count == 1 ? sizes.first.flatMap(\.self) : nil
    }

    private func place(of index: Int) -> (part: any Dataset, number: Int, index: Int) {
        precondition(index >= 0 && index < count, "pair \(index) of \(count)")
        let number = starts.firstIndex { $0 > index } ?? 1
        return (parts[number - 1], number, index - starts[number - 1])
    }

    public func size(at index: Int) -> ImageSize {
        let (part, _, index) = place(of: index)
        return part.size(at: index)
    }

    /// The pair's name, with the number of its part before it where several parts are of one kind and may
    /// have equal names.
    public func name(at index: Int) -> String {
        let (part, number, place) = place(of: index)
        let haveDistinctNames = Set(parts.map(\.name)).count == parts.count
        return haveDistinctNames ? part.name(at: place) : "\(number)/\(part.name(at: place))"
    }

    public func pair(at index: Int) throws(Diagnostic) -> Pair {
        let (part, _, index) = place(of: index)
        return try part.pair(at: index)
    }

    public func isCached(_ index: Int) -> Bool {
        let (part, _, index) = place(of: index)
        return part.isCached(index)
    }

    public func part(of index: Int, _ place: PatchPlace) throws(Diagnostic) -> Pair {
        let (part, _, index) = self.place(of: index)
        return try part.part(of: index, place)
    }

    public var manifest: String {
        get throws(Diagnostic) {
            var lines = [isWeighted ? "joined version 2" : "joined version 1"]
            for (part, weight) in zip(parts, weights) {
                lines.append(
                    "\(part.count) \(try part.fingerprint)" + (isWeighted ? " \(weight / weights[0])" : ""))
            }
            return lines.joined(separator: "\n") + "\n"
        }
    }

    public func prepare(
        stop: StopFlag, observe: @Sendable (_ made: Int, _ count: Int) -> Void
    ) throws(Diagnostic) {
        for (index, part) in parts.enumerated() {
            let before = starts[index]
            try part.prepare(stop: stop) { made, _ in observe(before + made, count) }
        }
    }

    public func hashFiles(stop: StopFlag) throws(Diagnostic) {
        for part in parts { try part.hashFiles(stop: stop) }
    }
}
