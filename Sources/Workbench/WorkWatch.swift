/// Seconds since work began, for what is left of it.
package struct WorkWatch {
    private let start = ContinuousClock.now

    package init() {}

    /// - Parameter part: that is done, 0…1.
    package func secondsLeft(_ part: Double) -> Double? {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return part > 0 ? seconds / part * (1 - part) : nil
    }
}
