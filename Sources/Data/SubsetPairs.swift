import Diagnostics
import Files
import Machine

/// Some pairs of a data set, in its order.
public struct SubsetPairs: Dataset {
    public let base: any Dataset
    /// Of the pairs in ``base``.
    public let indices: [Int]

    /// - Precondition: the indices are the base's own.
    public init(_ base: any Dataset, _ indices: [Int]) { (self.base, self.indices) = (base, indices) }

    public var count: Int { indices.count }
    public var name: String { base.name }
    public var description: String { "\(count) of \(base.description)" }
    public var imageSize: ImageSize? { base.imageSize }
    public func size(at index: Int) -> ImageSize { base.size(at: indices[index]) }
    public func name(at index: Int) -> String { base.name(at: indices[index]) }
    public func pair(at index: Int) throws(Diagnostic) -> Pair { try base.pair(at: indices[index]) }
    public func isCached(_ index: Int) -> Bool { base.isCached(indices[index]) }

    public func part(of index: Int, _ place: PatchPlace) throws(Diagnostic) -> Pair {
        try base.part(of: indices[index], place)
    }

    public var manifest: String {
        get throws(Diagnostic) {
            let list = indices.map { "\($0)" }.joined(separator: " ")
            return "subset version 1\n\(base.count) \(try base.fingerprint)\n\(list)\n"
        }
    }

    /// All of the base's: those of the other part are mostly wanted too.
    public func prepare(
        stop: StopFlag, observe: @Sendable (_ made: Int, _ count: Int) -> Void
    ) throws(Diagnostic) {
        try base.prepare(stop: stop, observe: observe)
    }

    public func hashFiles(stop: StopFlag) throws(Diagnostic) { try base.hashFiles(stop: stop) }
}

extension Dataset {
    /// Two parts of it, drawn at random: about `share` of its pairs, and the others.
    /// - Parameter keepsFolders: whether pairs whose names have one folder, such as the frames of a sequence,
    ///   stay together.
    /// - Throws: `bad-split` where one of the parts would be empty.
    public func split(
        _ share: Double, seed: Int, keepsFolders: Bool
    ) throws(Diagnostic) -> (first: SubsetPairs, second: SubsetPairs) {
        guard !hasWeights else {
            throw Diagnostic(
                "bad-split", "data with weights cannot be split: \(description)",
                hint: "split first, and give weights to what comes out: `2 * split(data, 0.9)[1] + …`"
            ).of(argument: "data")
        }
        var groups = (0..<count).map { [$0] }
        if keepsFolders {
            guard (0..<count).contains(where: { name(at: $0).contains("/") }) else {
                throw Diagnostic(
                    "bad-split", "these pairs are in no folders: the first is called `\(name(at: 0))`",
                    hint: "`by = \"pair\"` takes each by itself"
                ).of(argument: "by")
            }
            let folders = Dictionary(grouping: 0..<count) { folder(of: name(at: $0)) }
            groups = folders.values.sorted { $0[0] < $1[0] }
        }
        guard groups.count > 1 else {
            let found = keepsFolders ? "they are all in one folder" : "there is no more than one"
            throw Diagnostic(
                "bad-split", "these pairs make no two parts: \(found)",
                hint: keepsFolders ? "`by = \"pair\"` divides within folders" : nil
            ).of(argument: "data")
        }
        var source = RandomSource(seed: UInt64(bitPattern: Int64(seed))).split("split")
        let order = source.permutation(of: groups.count)
        let size = min(max(Int((share * Double(groups.count)).rounded()), 1), groups.count - 1)
        func part(_ places: ArraySlice<Int>) -> SubsetPairs {
            SubsetPairs(self, places.flatMap { groups[$0] }.sorted())
        }
        return (part(order[..<size]), part(order[size...]))
    }
}

private func folder(of name: String) -> String {
    name.lastIndex(of: "/").map { String(name[..<$0]) } ?? name
}
