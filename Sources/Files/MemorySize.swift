import Diagnostics
import Foundation
import Machine

/// A number of bytes, as people write it: `2 GB`, `512 MB`.
public struct MemorySize: Sendable, Hashable, CustomStringConvertible {
    public let bytes: Int

    public init(_ bytes: Int) { self.bytes = bytes }

    private static let units: [(name: String, bytes: Double)] = [
        ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("TiB", 0x1p40), ("GiB", 0x1p30),
        ("MiB", 0x1p20), ("KiB", 0x1p10), ("B", 1),
    ]

    /// Reads a number and a unit, `1.5 GB`, upper or lower case.
    /// - Throws: `bad-memory`.
    public init(parsing text: String) throws(Diagnostic) {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).trimmingCharacters(in: .whitespaces).lowercased()
        guard let value = Double(number),
            let factor = Self.units.first(where: { $0.name.lowercased() == unit }),
            value * factor.bytes >= 1, value * factor.bytes < 0x1p62
        else {
            throw Diagnostic(
                "bad-memory", "\"\(text)\" is not an amount of memory",
                hint: "a number and a unit, such as \"2 GB\" or \"512 MB\"")
        }
        bytes = Int(value * factor.bytes)
    }

    public var description: String { memorySize(bytes) }

    /// What this process can take of the machine's memory: what the system calls available, within the limits
    /// of its control groups and of `ulimit -v`.
    public static var free: MemorySize { MemorySize(MachineMemory.free) }
}
