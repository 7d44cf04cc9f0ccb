extension Int {
    /// ⌈self / divisor⌉ of a number that is not below zero.
    @inlinable package func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }

    /// The least multiple of `factor` that is not below this number, itself not below zero.
    @inlinable package func roundedUp(toMultipleOf factor: Int) -> Int {
        dividedRoundingUp(by: factor) * factor
    }
}
