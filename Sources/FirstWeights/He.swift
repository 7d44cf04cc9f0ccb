extension Initialisation {
    public static let he = Initialisation(
        "he", "normal of deviation √(2 / fan in)", weights: { request in request.weights(by: .he) })
}

extension VarianceRule {
    /// Normal of deviation √(2 / fan in) [He et al. 2015].
    package static let he = VarianceRule { count, fanIn, _, source in
        let deviation = (2 / fanIn).squareRoot()
        return (0..<count).map { _ in Float(deviation * source.gaussian()) }
    }
}
