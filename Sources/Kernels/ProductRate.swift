import COpenBLAS
import Foundation

extension Workers {
    /// What OpenBLAS reaches on all threads together in large matrix products, in floating-point operations a second: the
    /// best of some runs, as a yardstick for everything else.
    package func productRate(runs: Int = 5, side: Int = 1536) -> Double {
        let memory = Memory(count: 3 * side * side * threads)
        let base = memory.base
        for index in 0..<memory.count { base[index] = Float(index % 7) / 8 }
        var best = 0.0
        for _ in 0..<runs {
            let start = ContinuousClock.now
            everywhere { worker in
                let a = base + worker.thread * 3 * side * side
                worker.multiply(
                    rows: side, columns: side, inner: side, a, .plain, a + side * side,
                    into: a + 2 * side * side,
                    accumulates: false)
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            best = max(best, 2 * Double(side * side * side * threads) / seconds)
        }
        return best
    }
}

/// As ``Workers/productRate(runs:side:)``, for those above who have no workers.
public func productRate(threads: Int) -> Double { Workers(threads: threads).productRate() }
