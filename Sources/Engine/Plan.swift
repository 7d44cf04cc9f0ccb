import Diagnostics
import Foundation
import Graph
import Kernels
import Machine

/// What an ``Execution`` is for, which decides how long values are kept.
public enum Purpose: String, Hashable, Sendable, CaseIterable {
    /// Outputs only. A value is gone after its last use, so memory does not grow with depth.
    case inference
    /// Outputs, losses and gradients. A value is kept until the last gradient that needs it.
    case training
    /// Node by node, each with a value of its own until its last use: to make first weights by what they
    /// give.
    case initialisation
}

/// The images that go through a network together.
public struct InputSize: Hashable, Sendable {
    public let batch: Int
    /// In pixels.
    public let height: Int
    public let width: Int

    public init(batch: Int, height: Int, width: Int) {
        (self.batch, self.height, self.width) = (batch, height, width)
    }
}

/// How a graph will run at one size on one number of threads: kernels in order, and a place for every map.
///
/// A plan is a value without memory. ``Execution`` gives it memory and runs it.
public struct Plan: Sendable {
    public let purpose: Purpose
    public let threads: Int
    /// Threads that take a microbatch each through the whole program and add their gradients up at its
    /// end, or 1 where all threads share each kernel's work.
    public let replicas: Int
    /// Microbatches of each section of the program. They go through it one after the other, or, where there
    /// are replicas, at the same time.
    public var microbatches: [Int] { sections.map(\.microbatches) }
    /// Bytes of all feature maps and their gradients; maps whose lives do not overlap share a place.
    public var mapBytes: Int { arenaCount * 4 }
    var arenaCount: Int { arena.kept + replicas * arena.passing }
    /// Bytes that kernels use for themselves, on all threads together.
    public var workspaceBytes: Int { Workers.workspace(workspace, threads: threads) * 4 }
    /// Bytes of parameters, and in training of each replica's gradients and the optimiser's two moments.
    public var parameterBytes: Int { layout.total * (purpose == .training ? 3 + replicas : 1) * 4 }
    /// Bytes of weights packed for more than one use; those of a single use stand among the maps.
    public var packedBytes: Int { packedCount * 4 }
    /// The most bytes that an execution has at any moment: it asks for them when it is made.
    public var peakBytes: Int { mapBytes + workspaceBytes + parameterBytes + packedBytes }

    let program: [Step]
    let sections: [Section]
    let values: [PlannedBuffer?]
    let input: PlannedBuffer
    let targets: [PlannedBuffer]
    let inputGradient: PlannedBuffer?
    let packings: [Packing]
    /// Rearrangements of weights that serve all their uses.
    public var keptPackings: Int { packings.count }
    let packedCount: Int
    let layout: ParameterLayout
    let arena: Arena
    /// The last step at which each buffer holds what it held before; steps are counted from 1.
    let lastUses: [Int]
    let workspace: Int

    /// - Parameters:
    ///   - size: batch (images of a step), height and width of the input.
    ///   - inputGradient: whether the backward pass goes on to the input.
    /// - Throws: `size-does-not-fit` where a side is no multiple of ``Graph/Graph/sizeMultiple``.
    public init(
        _ graph: Graph, _ size: InputSize, purpose: Purpose, threads: Int, inputGradient: Bool = false
    ) throws(Diagnostic) {
        let multiple = graph.sizeMultiple
        guard size.height > 0, size.width > 0, size.height % multiple == 0, size.width % multiple == 0 else {
            throw .sizeDoesNotFit(height: size.height, width: size.width, multiple: multiple)
        }
        let least = graph.smallestSize
        guard size.height >= least.height, size.width >= least.width else {
            throw .sizeTooSmall(height: size.height, width: size.width, least: least)
        }
        try graph.checkSize(batch: size.batch, height: size.height, width: size.width)
        var planner = Planner(
            graph, size, purpose: purpose, threads: threads, wantsInputGradient: inputGradient)
        self.init(planner.makeProgram(), of: planner)
    }

    private init(_ ends: Planner.Ends, of planner: Planner) {
        (purpose, threads, replicas) = (planner.purpose, planner.threads, planner.replicas)
        (program, sections) = (planner.program, planner.programSections)
        values = planner.values
        (input, targets, inputGradient) = (ends.input, ends.targets, ends.inputGradient)
        (packings, packedCount) = (planner.packings, planner.packedCount)
        layout = planner.layout
        arena = Arena(planner.lifetimes)
        lastUses = planner.lifetimes.map(\.lastUse)
        workspace = planner.workspace
    }

    /// Checks that the machine has what the plan needs, before any memory is taken: a system that runs short
    /// of memory ends a program without a word.
    /// - Throws: `not-enough-memory` where the machine has less than ``peakBytes``, `unknown-instruction-set`
    ///   where `ACUITY_ISA` names none that it has.
    public func checkMachine() throws(Diagnostic) {
        if let requested = InstructionSet.requested, InstructionSet.named(requested) == nil {
            throw .instructionSetNotThere(requested)
        }
        let available = MachineMemory.total
        guard peakBytes <= available else { throw .notEnoughMemory(needs: peakBytes, has: available) }
        // Addresses are compared with what is left and not with the total: those in use do not come back, and
        // cannot be swapped out.
        let left = MachineMemory.addressSpaceLeft.map { max(0, $0 - MachineMemory.margin) }
        let addresses = peakBytes + Workers.addresses(threads: threads)
        if let left, addresses > left { throw .notEnoughMemory(needs: addresses, left: left) }
    }

    /// Where a buffer lies for a microbatch. Each replica has its own buffers for a single microbatch, behind
    /// those of the replica before it: one thread may give up a place long before another is done with it.
    func offset(of buffer: PlannedBuffer, microbatch: Int) -> Int {
        let offset = arena.offsets[buffer.index]
        if buffer.isFullBatch { return offset + microbatch * buffer.shape.count }
        return replicas > 1 ? offset + microbatch * arena.passing : offset
    }

    /// The steps of the program, each with the microbatches that it runs for.
    var stepsWithMicrobatches: [(step: Step, microbatches: Int)] {
        sections.flatMap { section in program[section.steps].map { ($0, section.microbatches) } }
    }

    /// Convolutions of the forward pass in the order in which they run.
    private var convolutions: [PlannedConvolution] {
        program.filter { $0.phase == .forward }.compactMap(\.convolution)
    }

    /// Rearrangements of weights that a step of training makes, or a forward pass after new weights.
    public var weightTransforms: Int {
        packings.count
            + stepsWithMicrobatches.reduce(0) { $0 + ($1.step.phase == .weights ? $1.microbatches : 0) }
    }
}

extension Plan: CustomStringConvertible {
    /// Such as: `training on 2 threads: 61 forward and 130 backward kernels, 12.5 MB (maps 10.1, workspace
    /// 1.2, …)`.
    public var description: String {
        let counts = Dictionary(convolutions.map { ($0.method.rawValue, 1) }, uniquingKeysWith: +)
        let methods = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let backward = program.count { $0.phase == .backward }
        let forward = program.count { $0.phase == .forward }
        return
            "\(purpose.rawValue) on \(threads) thread\(threads == 1 ? "" : "s")"
            + "\(replicas > 1 ? ", each with images of its own" : ""): \(forward) forward and "
            + "\(backward) backward kernels, \(megabytes(peakBytes)) MB (maps \(megabytes(mapBytes)), "
            + "workspace \(megabytes(workspaceBytes)), parameters \(megabytes(parameterBytes)), "
            + "packed weights \(megabytes(packedBytes))); "
            + "convolutions: \(methods.isEmpty ? "none" : methods.joined(separator: ", "))"
    }

    private func megabytes(_ bytes: Int) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
