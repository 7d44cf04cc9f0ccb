/// - Throws: `out-of-range`, naming the argument, its value and what it may be.
package func requireRange(_ name: String, _ value: Double, _ low: Double, _ high: Double) throws(Diagnostic) {
    guard value >= low, value <= high else {
        throw Diagnostic(
            "out-of-range",
            "`\(name)` must be from \(plainText(low)) to \(plainText(high)), not \(plainText(value))"
        ).of(argument: name)
    }
}

/// A whole number without a point.
package func plainText(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? String(value)
}

package func requireRange(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(Diagnostic) {
    try requireRange(name, Double(value), Double(range.lowerBound), Double(range.upperBound))
}
