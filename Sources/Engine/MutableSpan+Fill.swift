extension MutableSpan<Float> {
    /// Takes over as many values as there is room for.
    package mutating func fill(with values: [Float]) {
        precondition(values.count == count, "\(values.count) values for a place of \(count)")
        for index in 0..<count { self[index] = values[index] }
    }
}
