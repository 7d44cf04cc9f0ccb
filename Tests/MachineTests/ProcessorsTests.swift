import Foundation
import Machine
import Synchronization
import Testing

struct ProcessorsTests {
    @Test func `usable cores are those that the system lets this process run on`() throws {
        // Such as `Cpus_allowed:	ffffffff,00000003`.
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") })
        let mask = line.dropFirst("Cpus_allowed:".count).filter(\.isHexDigit)
        let cores = mask.reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
        #expect(Processors.usable <= cores)
        #expect(cores > 0)
    }

    @Test(arguments: [0, 1, 1000])
    func `each number is handed out once, to no more threads than there are cores`(
        count: Int
    ) {
        let seen = Mutex([Int](repeating: 0, count: count))
        let running = Atomic(0)
        let most = Atomic(0)
        concurrently(count) { index in
            most.max(running.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
            seen.withLock { $0[index] += 1 }
            running.subtract(1, ordering: .relaxed)
        }
        #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
        #expect(most.load(ordering: .relaxed) <= Processors.usable)
    }
}
