/// Seconds since it was made; monotonic.
package struct Stopwatch {
    private let start = ContinuousClock.now

    package init() {}

    package var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Seconds that work will still take.
    /// - Parameter part: that is done, 0…1.
    package func secondsLeft(_ part: Double) -> Double? { part > 0 ? seconds / part * (1 - part) : nil }
}
