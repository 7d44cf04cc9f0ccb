/// Mean and standard deviation of some numbers.
struct Sample {
    let mean: Double
    /// The standard deviation of the sample (n − 1 below); `nil` for one number, or where it is not finite.
    let deviation: Double?

    /// - Precondition: there is a number.
    init(_ numbers: [Double]) {
        precondition(!numbers.isEmpty, "the mean of nothing")
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        self.mean = mean
        let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = numbers.count > 1 ? (squares / Double(numbers.count - 1)).squareRoot() : nil
        self.deviation = deviation.flatMap { $0.isFinite ? $0 : nil }
    }
}
