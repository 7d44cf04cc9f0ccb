import Foundation
import Runs

/// What a run of these tests says of where it was computed.
package func provenance(
    threads: Int = 2, version: String = "0.1.0", seconds: Double = 1.5, host: String = "node1",
    at seconds1970: Double = 1_769_860_800
) -> RunProvenance {
    RunProvenance(
        version: version, machine: RunMachine(processor: "Xeon", instructionSet: "avx2", host: host),
        threads: threads, seconds: seconds, peakMemory: 40_000_000,
        finishedAt: Date(timeIntervalSince1970: seconds1970))
}
