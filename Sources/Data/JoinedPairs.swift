import Diagnostics
import Machine

/// The pairs of several datasets, one after the other. A training draws from all alike: of twice as many
/// pairs, twice as often.
public struct JoinedPairs: Dataset {
    /// None of them joined itself.
    public let parts: [any Dataset]
    /// The number of the first pair of each part, and at last of all pairs.
    private let starts: [Int]

    public init(_ first: any Dataset, _ second: any Dataset) {
        parts = [first, second].flatMap { ($0 as? JoinedPairs)?.parts ?? [$0] }
        starts = parts.reduce(into: [0]) { starts, part in starts.append((starts.last ?? 0) + part.count) }
    }

    public var count: Int { starts[parts.count] }

    public var name: String { parts.map(\.name).joined(separator: " + ") }

    public var description: String { parts.map(\.description).joined(separator: ", and ") }

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
            var lines = ["joined version 1"]
            for part in parts { lines.append("\(part.count) \(try part.fingerprint)") }
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
