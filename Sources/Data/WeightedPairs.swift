import Diagnostics
import Machine

/// The pairs of a data set, with a weight for when it is joined with others: a training then draws each of
/// them so many times as often. Alone it is as the data set without the weight.
public struct WeightedPairs: Dataset {
    public let base: any Dataset
    public let weight: Double

    public init(_ base: any Dataset, weight: Double) { (self.base, self.weight) = (base, weight) }

    public var count: Int { base.count }
    public var name: String { base.name }
    public var description: String { "\(formatted(weight)) × \(base.description)" }
    public var imageSize: ImageSize? { base.imageSize }
    public func size(at index: Int) -> ImageSize { base.size(at: index) }
    public func name(at index: Int) -> String { base.name(at: index) }
    public func pair(at index: Int) throws(Diagnostic) -> Pair { try base.pair(at: index) }
    public func isCached(_ index: Int) -> Bool { base.isCached(index) }

    public func part(of index: Int, _ place: PatchPlace) throws(Diagnostic) -> Pair {
        try base.part(of: index, place)
    }

    public var manifest: String { get throws(Diagnostic) { try base.manifest } }

    public func prepare(
        stop: StopFlag, observe: @Sendable (_ made: Int, _ count: Int) -> Void
    ) throws(Diagnostic) {
        try base.prepare(stop: stop, observe: observe)
    }

    public func hashFiles(stop: StopFlag) throws(Diagnostic) { try base.hashFiles(stop: stop) }
}

extension Dataset {
    /// The same, each of its pairs drawn `weight` times as often where it is joined with others.
    public func weighted(by weight: Double) -> any Dataset {
        if let joined = self as? JoinedPairs { return joined.scaled(by: weight) }
        if let own = self as? WeightedPairs { return WeightedPairs(own.base, weight: own.weight * weight) }
        return WeightedPairs(self, weight: weight)
    }

    /// Whether there are weights in it.
    public var hasWeights: Bool {
        (self as? JoinedPairs)?.isWeighted ?? (self is WeightedPairs)
    }
}
