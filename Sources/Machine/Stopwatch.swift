/// Seconds since it was made; monotonic.
package struct Stopwatch {
    private let start = ContinuousClock.now

    package init() {}

    package var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}
