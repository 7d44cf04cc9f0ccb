extension Initialisation {
    /// The paper's. A deep sum of residual units then starts with a loss many orders of magnitude too large,
    /// and needs the paper's half a million steps to come down.
    public static let xavier = Initialisation(
        "xavier", "the paper's: uniform in ±√(6 / (fan in + fan out))",
        weights: { request in request.weights(by: .xavier) })
}

extension VarianceRule {
    /// Uniform in ±√(6 / (fan in + fan out)) [Glorot & Bengio 2010].
    package static let xavier = VarianceRule { count, fanIn, fanOut, source in
        let bound = (6 / (fanIn + fanOut)).squareRoot()
        return (0..<count).map { _ in Float(source.uniform(-bound, bound)) }
    }
}
