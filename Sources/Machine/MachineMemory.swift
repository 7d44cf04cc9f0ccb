import Diagnostics
import Foundation

/// The memory that this process may use.
public enum MachineMemory {
    /// What is left to those who ask for a little without asking here: threads' stacks, the runtime,
    /// libraries.
    public static let margin = 48 << 20

    /// Bytes of the machine, within the limits of the process's control groups.
    public static var total: Int {
        min(Int(clamping: ProcessInfo.processInfo.physicalMemory), ControlGroups.own.memory ?? .max)
    }

    /// Bytes that can be taken now: what the system calls available, within what control groups and `ulimit
    /// -v` leave.
    public static var free: Int {
        let system = meminfo["MemAvailable"] ?? Int(clamping: ProcessInfo.processInfo.physicalMemory)
        return min(system, ControlGroups.own.freeMemory ?? .max, addressSpaceLeft ?? .max)
    }

    /// Bytes of addresses that `ulimit -v` leaves; `nil` where there is no such limit.
    public static var addressSpaceLeft: Int? {
        guard let limit = addressSpaceLimit else { return nil }
        // Pages of the whole program are the first number.
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").first.flatMap({ Int($0) })
        else { return limit }
        return max(0, limit - pages * Int(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// Bytes of addresses that `ulimit -v` allows in all; `nil` where there is no such limit.
    public static var addressSpaceLimit: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < 1 << 62 else {
            return nil
        }
        return Int(limit.rlim_cur)
    }

    /// Below this, nobody asks whether there is enough: to ask takes longer than to take it.
    private static let small = 1 << 20

    /// Looks before much memory is taken, for a system that has none left ends a program without a word.
    /// - Parameter what: what needs it, to stand before "needs": `the image a.png`.
    /// - Throws: `not-enough-memory` where fewer than `bytes` are left.
    public static func check(_ bytes: Int, for what: @autoclosure () -> String) throws(Diagnostic) {
        guard bytes >= small else { return }
        let meminfo = meminfo
        let swap = meminfo["SwapFree"] ?? 0
        let system = meminfo["MemAvailable"].map { $0 + swap } ?? .max
        let left = min(
            system, ControlGroups.own.freeMemory.map { $0 + swap } ?? .max,
            addressSpaceLeft.map { max(0, $0 - margin) } ?? .max)
        guard bytes <= left else {
            throw .notEnoughMemory(for: what(), needs: bytes, left: left)
        }
    }

    /// Bytes by name.
    private static var meminfo: [String: Int] {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return [:] }
        var values: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let kilobytes = Int(words[1]) else { continue }
            values[String(words[0].dropLast())] = kilobytes * 1024
        }
        return values
    }
}

extension Diagnostic {
    public static let notEnoughMemoryCode = "not-enough-memory"

    /// - Parameter what: what needs the memory, to stand before "needs".
    public static func notEnoughMemory(
        for what: String, needs: Int, left: Int, hint: String? = nil
    ) -> Diagnostic {
        let (needed, rest) = (memorySize(needs), memorySize(left))
        return Diagnostic(
            notEnoughMemoryCode, "\(what) needs \(needed) of memory, and \(rest) are left",
            notes: MachineMemory.addressSpaceLimit.map {
                ["`ulimit -v` allows this process \(memorySize($0)) of addresses in all"]
            } ?? [],
            hint: hint)
    }
}
