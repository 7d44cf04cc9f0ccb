import Foundation
import Kernels
import Testing

struct WorkersTests {
    @Test func `usable cores are those that the system lets this process run on`() throws {
        // Such as `Cpus_allowed:	ffffffff,00000003`.
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") })
        let mask = line.dropFirst("Cpus_allowed:".count).filter(\.isHexDigit)
        let cores = mask.reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
        #expect(Workers.usableCores == cores)
        #expect(cores > 0)
    }
}
