import Runs

/// How the rows of groups are compared with one another.
public struct ComparisonDesign: Sendable {
    /// The axes of each row, by its fingerprint. Those that form no groups pair the rows, also where the
    /// table holds them under another name or not at all. An axis is never measured, even where its values
    /// are numbers.
    public let axes: [String: [Recipe.Line]]
    public let unit: SamplingUnit
    /// The scores of each row's images.
    public let scores: ImageScores

    public init(
        axes: [String: [Recipe.Line]], unit: SamplingUnit = .seedsAndImages,
        scores: ImageScores = ImageScores()
    ) {
        (self.axes, self.unit, self.scores) = (axes, unit, scores)
    }

    var untested: ComparisonDesign { ComparisonDesign(axes: axes, unit: .none) }
}

/// What a contrast treats as random samples of all that might have been drawn.
public enum SamplingUnit: Sendable {
    /// Seeds, and the images that rows were scored on where these are known.
    case seedsAndImages
    /// Seeds alone: the images are all that matter.
    case seeds
    /// Nothing is tested.
    case none
}
