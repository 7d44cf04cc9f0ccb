extension Cell {
    /// Whether it is what the same computation from the same numbers gives: another machine's library may
    /// round a logarithm otherwise.
    public func equalsButForRounding(_ other: Cell) -> Bool {
        if description == other.description { return true }
        guard let left = number, let right = other.number, left.isFinite, right.isFinite else { return false }
        return abs(left - right) <= 1e-12 * max(abs(left), abs(right))
    }

    /// Whether it is what a former computation gave.
    /// - Parameter exactly: to the last bit; else decibels may differ by 0.02 and other numbers that are not
    ///   whole by a thousandth.
    public func repeats(_ former: Cell, in column: String, exactly: Bool) -> Bool {
        // Also of what is no number, which equals nothing.
        if description == former.description { return true }
        guard !exactly, let now = number, let before = former.number, now.isFinite, before.isFinite,
            now != now.rounded() || before != before.rounded()
        else { return false }
        return abs(now - before) <= (unit(of: column) == "dB" ? 0.02 : 1e-3 * abs(before))
    }
}
