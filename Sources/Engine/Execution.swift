import Diagnostics
import Graph
import Kernels
import Machine
import Operators

/// A planned graph with its memory, weights and threads: what runs.
///
/// All memory for maps, weights and workspace is asked for when an execution is made; the system gives each
/// page when it is first written. Running asks for no more, but for what OpenBLAS takes and returns within a
/// product. One user at a time: it is not `Sendable`, and its threads are its own. For the same graph, sizes,
/// purpose, weights, instruction set and number of threads the results are the same to the last bit.
///
/// ```swift
/// let size = InputSize(batch: 8, height: 64, width: 64)
/// let execution = try Execution(graph, size, purpose: .training, threads: 2)
/// execution.load(weights)
/// execution.withInput { fill(&$0) }
/// execution.withTarget(0) { fill(&$0) }
/// let loss = execution.gradientPass(.meanSquaredError)
/// execution.update(by: .adam(), learningRate: 1e-4, step: 1)
/// ```
public final class Execution {
    public let graph: Graph
    public let plan: Plan

    let workers: Workers
    let maps: AlignedMemory
    let parameters: AlignedMemory
    /// What threads that take images of their own do not share; one for all where they share the work.
    let replicas: [Replica]
    /// The optimiser's moments, in the parameters' layout. Empty unless for training, as are the gradients.
    let firstMoments: AlignedMemory
    let secondMoments: AlignedMemory
    /// The running mean of the weights, in the parameters' layout; empty unless it is asked for.
    let averages: AlignedMemory
    let packed: AlignedMemory
    /// The parameters that each thread updates, where an optimiser takes them one by one.
    let updateShares: [[ParameterID]]
    /// What updates do differently for each parameter; nothing unless it is set.
    public var treatment: ParameterTreatment {
        didSet {
            precondition(
                treatment.count == graph.parameters.count,
                "\(treatment.count) parameters are told apart, of \(graph.parameters.count)")
        }
    }
    /// Whether the weights have changed since they were last packed.
    var isStale = true
    /// What the workers do next.
    var jobKind = JobKind.forward(nil)
    /// The operands of each program step, for each microbatch that goes through it: all offsets are settled
    /// with the memory.
    private(set) var operands: [[Operands]] = []
    var isFinite = true
    /// Seconds of each kernel of the program, added up over microbatches and passes; empty unless
    /// ``measureKernels()`` was called.
    var kernelSeconds: [Double] = []

    /// - Parameters:
    ///   - threads: threads that share the work, the calling one among them.
    ///   - inputGradient: whether the backward pass goes on to the input, as ``inputGradient()`` then gives
    ///     it.
    /// - Throws: a diagnostic where a side is no multiple of ``Graph/Graph/sizeMultiple``, where the machine
    ///   has less memory than this needs, or where `ACUITY_ISA` names no instruction set that it has.
    public convenience init(
        _ graph: Graph, _ size: InputSize, purpose: Purpose, threads: Int, inputGradient: Bool = false
    ) throws(Diagnostic) {
        let plan = try Plan(
            graph, size, purpose: purpose, threads: threads, inputGradient: inputGradient)
        try plan.checkMachine()
        try self.init(graph, plan)
    }

    /// - Parameter plan: of this graph, for a machine that has what it takes; see ``Plan/checkMachine()``.
    /// - Throws: `not-enough-memory`, `not-enough-threads` where the system gives less all the same.
    /// - Parameter averagesWeights: whether there is a running mean of the weights beside them.
    public convenience init(
        _ graph: Graph, _ plan: Plan, averagesWeights: Bool = false
    ) throws(Diagnostic) {
        try self.init(graph, plan, averagesWeights: averagesWeights, instructions: .current)
    }

    /// - Parameter instructions: those that the kernels use; tests try all that the machine has.
    package init(
        _ graph: Graph, _ plan: Plan, averagesWeights: Bool = false, instructions: InstructionSet
    ) throws(Diagnostic) {
        self.graph = graph
        self.plan = plan
        func memory(_ count: Int) throws(Diagnostic) -> AlignedMemory {
            do { return try AlignedMemory(count: count) } catch { throw .refused(error) }
        }
        do {
            workers = try Workers(
                threads: plan.threads, workspace: plan.workspace, instructions: instructions)
        } catch {
            throw .refused(error)
        }
        let training = plan.purpose == .training ? plan.layout.total : 0
        maps = try memory(plan.arenaCount)
        parameters = try memory(plan.layout.total)
        var replicas: [Replica] = []
        for _ in 0..<plan.replicas {
            replicas.append(Replica(gradients: try memory(training), outputs: graph.outputs.count))
        }
        self.replicas = replicas
        firstMoments = try memory(training)
        secondMoments = try memory(training)
        averages = try memory(averagesWeights ? training : 0)
        packed = try memory(plan.packedCount)
        updateShares = plan.layout.shares(threads: plan.threads)
        treatment = ParameterTreatment(count: graph.parameters.count)
        operands = plan.stepsWithMicrobatches.map { step, microbatches in
            (0..<microbatches).map { operands(of: step, microbatch: $0) }
        }
    }

    /// Threads that are worth having: the cores that this process may use.
    public static let usableThreads = Processors.usable
    /// Vector instructions that the kernels use: `avx512`.
    public static let instructionSet = InstructionSet.current.name

    // MARK: Weights

    /// Takes weights over; zeros until then.
    public func load(_ weights: Weights) {
        plan.layout.store(weights, into: parameters)
        weightsHaveChanged()
    }

    public func weights() -> Weights { plan.layout.read(parameters, for: graph) }

    /// Multiplies every value of a parameter, as an initialiser does that looks at what the values give.
    public func scale(_ parameter: ParameterID, by factor: Float) {
        let values = self.parameter(parameter)
        workers.everywhere { $0.scale(values, by: factor) }
        weightsHaveChanged()
    }

    func weightsHaveChanged() { isStale = true }

    // MARK: Input and output

    /// The shape of the supervised output `index`, counted from 0 in the graph's order.
    public func outputShape(_ index: Int) -> TensorShape {
        let buffer = outputBuffer(index)
        return buffer.shape.fullBatch(buffer.microbatches)
    }

    /// Lends the input to be filled, [batch][height][width][channel]. It stays as it is until filled anew.
    public func withInput<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try fullBatch(plan.input).withMutableSpan(body)
    }

    /// Lends the supervised output `index` of the last pass, [batch][height][width][channel].
    public func withOutput<Result, Failure: Error>(
        _ index: Int, _ body: (Swift.Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try fullBatch(outputBuffer(index)).withSpan(body)
    }

    /// A copy of the supervised output `index` of the last pass.
    public func output(_ index: Int) -> [Float] { fullBatch(outputBuffer(index)).copy() }

    /// Computes every output from the input.
    ///
    /// - Precondition: the purpose is not ``Purpose/training``, where ``gradientPass(_:)`` does it.
    public func forward() {
        precondition(plan.purpose != .training, "in training the forward pass is part of the gradient pass")
        perform(.forward(nil))
    }

    /// Computes the nodes of `range` only, from the values that earlier nodes have: an initialiser goes
    /// through a network once, node by node, scaling weights as it goes.
    ///
    /// - Precondition: the purpose is ``Purpose/initialisation``, where nothing is fused.
    public func forward(_ range: ClosedRange<NodeID>) {
        precondition(
            plan.purpose == .initialisation, "nodes run one by one in initialisation, not \(plan.purpose)")
        perform(.forward(range))
    }

    // MARK: Looking inside

    /// What a node gave in the last ``forward()``: lent to `body`, or nil where the plan keeps no such value.
    ///
    /// In initialisation every node has one, from when it has run until its last use. Otherwise only outputs
    /// have.
    public func withValue<Result, Failure: Error>(
        of node: NodeID, _ body: (Swift.Span<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard plan.purpose == .initialisation || graph.outputs.contains(node),
            let buffer = plan.values[node.index]
        else {
            return nil
        }
        return try fullBatch(buffer).withSpan(body)
    }

    /// A copy of what ``withValue(of:_:)`` lends.
    public func value(of node: NodeID) -> [Float]? {
        // Spelt out for the span, which no generic array initialiser takes.
        withValue(of: node) { span in span.withUnsafeBufferPointer { Array($0) } }
    }

    /// The first node in order of running whose value is not a number or is infinite, or nil if there is
    /// none.
    ///
    /// For after a gradient pass whose loss was not finite; it stops there, and the values that its backward
    /// pass would have needed are still to be seen. A fused kernel counts as its last node.
    /// - Precondition: the purpose is ``Purpose/training``; the others keep no values to look at.
    public func firstNonFinite() -> NodeID? {
        precondition(plan.purpose == .training, "values are kept in training, not in \(plan.purpose)")
        let stop = replicas.lazy.compactMap(\.stop).first
        let end = stop?.stepIndex ?? 0
        for section in plan.sections {
            // Later microbatches of the section that stopped have no values yet, other replicas may have
            // others by now.
            let stopped = stop?.microbatch ?? 0
            let last = section.steps.contains(end) ? stopped : section.microbatches - 1
            let microbatches = plan.replicas > 1 ? stopped...stopped : 0...last
            for step in plan.program[section.steps.clamped(to: 0..<end)] {
                guard step.phase == .forward, let buffer = plan.values[step.node.index],
                    plan.lastUses[buffer.index] > end
                else {
                    continue
                }
                perform(.checkFinite(buffer, microbatches: microbatches))
                if !isFinite { return step.node }
            }
        }
        return nil
    }

    // MARK: Measuring

    /// Notes how long each kernel takes from here on.
    package func measureKernels() { kernelSeconds = plan.program.map { _ in 0 } }

    /// The plan's kernels with the seconds that they have taken since ``measureKernels()``.
    package var measuredKernels: [(kernel: Plan.Kernel, seconds: Double)] {
        zip(plan.kernels, kernelSeconds).map { ($0, $1) }
    }

    // MARK: Memory

    func outputBuffer(_ index: Int) -> PlannedBuffer {
        guard let buffer = plan.values[graph.outputs[index].index] else {
            preconditionFailure("output \(index) has no value")
        }
        return buffer
    }

    /// A map of one microbatch.
    func map(_ buffer: PlannedBuffer, microbatch: Int) -> FeatureMap {
        maps.map(at: plan.offset(of: buffer, microbatch: microbatch), buffer.shape)
    }

    /// The maps of some of a buffer's microbatches, or of the one at hand where it holds only that.
    func map(_ buffer: PlannedBuffer, microbatches: ClosedRange<Int>) -> FeatureMap {
        maps.map(
            at: plan.offset(of: buffer, microbatch: microbatches.lowerBound),
            buffer.isFullBatch ? buffer.shape.fullBatch(microbatches.count) : buffer.shape)
    }

    /// The values of all microbatches, or of the one at hand where a buffer holds only that.
    func fullBatch(_ buffer: PlannedBuffer) -> BufferView {
        let count = buffer.shape.count * (buffer.isFullBatch ? buffer.microbatches : 1)
        return maps.floats(at: plan.offset(of: buffer, microbatch: 0), count: count)
    }

    func parameter(_ parameter: ParameterID) -> BufferView { plan.layout.floats(parameter, in: parameters) }

    private func operands(of step: Step, microbatch: Int) -> Operands {
        Operands(
            maps: step.buffers.map { map($0, microbatch: microbatch) },
            values: step.values.map { values(of: $0, microbatch: microbatch) }, accumulates: step.accumulates)
    }

    private func values(of source: ValueSource, microbatch: Int) -> BufferView {
        switch source {
        case .parameter(let id): return parameter(id)
        case .gradient(let id):
            let replica = replicas.count > 1 ? replicas[microbatch] : replicas[0]
            return plan.layout.floats(id, in: replica.gradients)
        case .packing(let index):
            let packing = plan.packings[index]
            return packed.floats(at: packing.offset, count: packing.count)
        case .buffer(let buffer): return map(buffer, microbatch: microbatch).floats
        }
    }

    /// Fills all memory that a run must write before it reads with NaN, for tests. The input, targets and
    /// weights stay where they are in memory but are lost as well: set them again.
    package func poison() {
        maps.poison()
        packed.poison()
        workers.poisonWorkspace()
        weightsHaveChanged()
    }
}

/// What a thread that takes images of its own through a training step adds up by itself.
final class Replica {
    /// The parameters' gradients, in the same layout; the first replica's are the whole batch's at the end.
    let gradients: AlignedMemory
    /// The losses of the last gradient pass, by output.
    var losses: [Double]
    /// The step of the program, and the microbatch, at which the last gradient pass found a loss that is no
    /// finite number.
    var stop: (stepIndex: Int, microbatch: Int)?

    init(gradients: consuming AlignedMemory, outputs: Int) {
        self.gradients = gradients
        losses = [Double](repeating: 0, count: outputs)
    }
}

extension Diagnostic {
    /// What the system did not give, though there seemed to be enough.
    /// - Parameter left: bytes that are free now, when what was asked for before has been taken.
    package static func refused(_ shortage: Shortage, left: Int = MachineMemory.free) -> Diagnostic {
        switch shortage {
        case .memory(let bytes): .notEnoughMemory(needs: bytes, left: left)
        case .threads(let count):
            Diagnostic(
                "not-enough-threads", "the system does not give this process \(count) threads",
                hint: "ask for fewer by --threads, or allow more by `ulimit -u`")
        }
    }

    static func instructionSetNotThere(_ name: String) -> Diagnostic {
        let names = InstructionSet.available.map(\.name).joined(separator: ", ")
        return Diagnostic(
            "unknown-instruction-set", "ACUITY_ISA asks for `\(name)`, which this machine does not have",
            notes: ["it has: \(names)"], hint: "unset it, and the widest of these is used")
    }
}
