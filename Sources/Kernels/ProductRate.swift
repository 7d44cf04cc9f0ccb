import COpenBLAS
import Foundation

extension Workers {
    /// What large matrix products reach on all threads together, in floating-point operations a second: the
    /// best of some runs by OpenBLAS and by our own kernel, as a yardstick for everything else.
    package func productRate(runs: Int = 5, side: Int = 1536) throws(Shortage) -> Double {
        let memory = try AlignedMemory(count: 3 * side * side * threads)
        let base = memory.base
        for index in 0..<memory.count { base[index] = Float(index % 7) / 8 }
        var best = 0.0
        for run in 0..<2 * runs {
            let start = ContinuousClock.now
            everywhere { worker in
                let a = base + worker.thread * 3 * side * side
                let (b, c) = (a + side * side, a + 2 * side * side)
                if run % 2 == 0 {
                    worker.multiplyByBLAS(
                        ProductSizes(rows: side, columns: side, depth: side), a, .plain, b, into: c,
                        accumulates: false)
                } else {
                    worker.multiplyAlone(
                        ProductSizes(rows: side, columns: side, depth: side), a, .plain, b, into: c,
                        accumulates: false)
                }
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            best = max(best, 2 * Double(side * side * side * threads) / seconds)
        }
        return best
    }
}

/// As ``Workers/productRate(runs:side:)``, for those above who have no workers.
public func productRate(threads: Int) throws -> Double { try Workers(threads: threads).productRate() }
