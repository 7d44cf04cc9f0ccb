import COpenBLAS
import Machine
import MachineShim
import VectorKernels

/// A fixed number of threads that run kernels: the calling thread and `threads − 1` of its own.
///
/// Every thread runs the same program, a ``Worker`` each: a kernel does the worker's share of the work, and
/// the workers wait for one another between kernels. Work is divided by a rule that depends on nothing but
/// the amount of work and the number of threads, so results are the same to the last bit for a given number
/// of threads. Not for use from two threads at once.
package final class Workers {
    package let threads: Int
    let kernels: VectorKernels
    fileprivate let team: OpaquePointer
    private var workspace: AlignedMemory
    /// Floats of workspace that a kernel may use, and from one thread's to the next one's.
    private var reserved: Int
    private var workspacePerThread: Int
    /// One number for each thread, for sums over everything.
    fileprivate let partialSums: UnsafeMutablePointer<Double>

    /// - Parameters:
    /// - workspace: floats that each thread may use for itself within a kernel; see ``reserve(workspace:)``.
    /// - Throws: where the system gives no more memory or threads.
    package init(
        threads: Int, workspace: Int = 0, instructions: InstructionSet = .current
    ) throws(Shortage) {
        precondition(threads > 0, "\(threads) threads can do no work")
        // BLAS runs on the threads here; left alone it would start as many again for each of them.
        openblas_set_num_threads(1)
        try ProductMemory.reserve(threads: threads)
        self.threads = threads
        kernels = instructions.kernels
        reserved = workspace
        workspacePerThread = Self.spaced(workspace)
        self.workspace = try AlignedMemory(count: workspacePerThread * threads)
        partialSums = .allocate(capacity: threads)
        partialSums.initialize(repeating: 0, count: threads)
        guard let team = threadTeamCreate(Int32(threads), Int32(Processors.usable)) else {
            // Nothing else frees it where an initialiser fails.
            partialSums.deallocate()
            throw .threads(threads)
        }
        self.team = team
    }

    deinit {
        threadTeamDestroy(team)
        partialSums.deallocate()
    }

    /// Makes sure that every thread has at least `floats` of workspace; what it held is lost.
    package func reserve(workspace floats: Int) throws(Shortage) {
        guard floats > reserved else { return }
        workspace = try AlignedMemory(count: Self.spaced(floats) * threads)
        reserved = floats
        workspacePerThread = Self.spaced(floats)
    }

    /// Floats of all workspace, for `floats` on each of `threads`.
    package static func workspace(_ floats: Int, threads: Int) -> Int { spaced(floats) * threads }

    /// Two threads' workspace must not start a power of two apart, where both would fall into the same cache
    /// sets.
    private static func spaced(_ floats: Int) -> Int {
        AlignedMemory.aligned(floats) + 3 * AlignedMemory.alignment
    }

    /// Fills all workspace with NaN, for tests.
    package func poisonWorkspace() { workspace.poison() }

    /// Whether what ``poisonWorkspace()`` left between the threads' workspace is still there, for tests.
    package var hasPoisonBeyondWorkspace: Bool {
        (0..<threads).allSatisfy { thread in
            (reserved..<workspacePerThread).allSatisfy {
                workspace.base[thread * workspacePerThread + $0].isNaN
            }
        }
    }

    fileprivate func workspace(of thread: Int, atLeast floats: Int) -> UnsafeMutablePointer<Float> {
        precondition(
            floats <= reserved, "a kernel needs \(floats) floats of workspace, \(reserved) are reserved")
        return workspace.base + thread * workspacePerThread
    }

    /// Floats from one thread's workspace to the next one's.
    package var workspaceStride: Int { workspacePerThread }

    /// Bytes of addresses, beside workspace, that so many threads take: their stacks, and what OpenBLAS keeps
    /// for each. It matters under `ulimit -v` alone.
    package static func addresses(threads: Int) -> Int {
        ProductMemory.missing(threads: threads) + threads * (8 << 20)
    }

    /// Runs a job on every thread, at the same time. Takes no memory.
    package func run(_ job: any Job) {
        var call = Call(job: job, workers: self)
        withUnsafeMutablePointer(to: &call) { call in
            threadTeamRun(
                team,
                { context, thread in
                    guard let context else { return }
                    let call = context.assumingMemoryBound(to: Call.self)
                    call.pointee.job.run(Worker(thread: Int(thread), of: call.pointee.workers))
                }, call)
        }
    }

    /// Runs `body` on every thread, at the same time. Takes a little memory for the body.
    package func everywhere(_ body: (Worker) -> Void) {
        withoutActuallyEscaping(body) { run(Closure(body: $0)) }
    }
}

/// What all workers run together.
package protocol Job: AnyObject {
    func run(_ worker: Worker)
}

private final class Closure: Job {
    private let body: (Worker) -> Void
    init(body: @escaping (Worker) -> Void) { self.body = body }
    func run(_ worker: Worker) { body(worker) }
}

private struct Call {
    let job: any Job
    let workers: Workers
}

/// One of the threads that run a job. Kernels are its methods: each does this worker's share, and all workers
/// must call the same kernels in the same order, with ``wait()`` between those that touch the same values.
package struct Worker {
    package let thread: Int
    /// Workers that share a kernel's work.
    package let threads: Int
    let workers: Workers
    /// The place of these workers' first among all.
    private let first: Int

    fileprivate init(thread: Int, of workers: Workers) {
        self.thread = thread
        threads = workers.threads
        self.workers = workers
        first = 0
    }

    /// This worker as one that does all of a kernel's work itself, while the others do the same with maps of
    /// their own; it waits for none of them.
    package var alone: Worker { Worker(aloneAt: first + thread, of: workers) }

    private init(aloneAt place: Int, of workers: Workers) {
        thread = 0
        threads = 1
        self.workers = workers
        first = place
    }

    package var kernels: VectorKernels { workers.kernels }

    /// Waits until every worker that shares the work has come here.
    package func wait() {
        if threads > 1 { threadTeamWait(workers.team) }
    }

    /// This worker's workspace, or another's, which it must have finished with.
    package func workspace(of thread: Int? = nil, atLeast floats: Int) -> UnsafeMutablePointer<Float> {
        workers.workspace(of: first + (thread ?? self.thread), atLeast: floats)
    }

    package var workspaceStride: Int { workers.workspaceStride }

    /// Calls `body` with this worker's part of `0..<count`, unless that is empty.
    ///
    /// - Parameter smallest: work up to this count is the first worker's alone.
    package func divide(_ count: Int, smallest: Int = 0, _ body: (Range<Int>) -> Void) {
        if threads == 1 || count <= smallest {
            if thread == 0 && count > 0 { body(0..<count) }
        } else {
            let range = share(of: count)
            if !range.isEmpty { body(range) }
        }
    }

    /// The part of `0..<count` that is this worker's.
    package func share(of count: Int) -> Range<Int> {
        count * thread / threads..<count * (thread + 1) / threads
    }

    /// The sum of every worker's part, the same on all of them. Waits for all.
    package func sum(_ part: Double) -> Double {
        workers.partialSums[first + thread] = part
        wait()
        var sum = 0.0
        for thread in 0..<threads { sum += workers.partialSums[first + thread] }
        // Before a next sum overwrites the parts.
        wait()
        return sum
    }
}
