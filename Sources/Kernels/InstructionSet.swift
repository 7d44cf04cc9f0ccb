import Foundation
import VectorKernels

/// The vector instructions that kernels use: the widest that the machine has, unless `ACUITY_ISA` names
/// others.
public struct InstructionSet: Sendable {
    /// `baseline`, `avx2` or `avx512`.
    public let name: String
    // The table is a constant of the program.
    nonisolated(unsafe) private let table: UnsafePointer<VectorKernels>

    var kernels: VectorKernels { table.pointee }

    /// All that the machine has, the oldest first.
    public static let available: [InstructionSet] = ["baseline", "avx2", "avx512"].compactMap { named($0) }

    /// Nil where the machine lacks it, or where there is none of that name.
    public static func named(_ name: String) -> InstructionSet? {
        vectorKernels(name).map { InstructionSet(name: name, table: $0) }
    }

    /// What `ACUITY_ISA` asks for, if it is set to something.
    public static let requested = ProcessInfo.processInfo.environment["ACUITY_ISA"].flatMap {
        $0.isEmpty ? nil : $0.lowercased()
    }

    /// The one that kernels use. A request that the machine cannot meet is the widest; whoever starts the
    /// program tells.
    public static let current: InstructionSet = {
        if let requested, let set = named(requested) { return set }
        guard let best = bestVectorKernels() else { preconditionFailure("there is always a baseline") }
        return InstructionSet(name: String(cString: best.pointee.name), table: best)
    }()
}
