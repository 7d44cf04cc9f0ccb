import Foundation

/// The cores that this process may use, which `taskset` and containers make fewer than the machine has.
public let usableCores: Int = {
    var cores = cpu_set_t()
    let size = MemoryLayout<cpu_set_t>.size
    guard sched_getaffinity(0, size, &cores) == 0 else { return ProcessInfo.processInfo.activeProcessorCount }
    return withUnsafeBytes(of: cores) { bytes in max(1, bytes.reduce(0) { $0 + $1.nonzeroBitCount }) }
}()
