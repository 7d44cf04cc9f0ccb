import Data
import Diagnostics
import Dispatch
import Foundation
import Machine
import Synchronization

/// Draws a training's batches ahead of it, on a thread of its own: images are read and decoded, patches
/// cut, turned and made smaller for the coarser outputs while the steps before them are computed.
///
/// The order and every value are those that drawing on the spot would give. Memory is taken once, for as many
/// batches as fit ``budget``; the images that a dataset keeps come on top, within a budget of its own.
final class BatchPrefetcher {
    /// What a step is given.
    struct Batch {
        /// [batch][patch][patch][channels]
        var blurred: [Float]
        /// The target of each output, coarsest first: [batch][patch / factor][patch / factor][channels].
        var targets: [[Float]]
    }

    /// Bytes of the batches that are drawn ahead.
    static let budget = 128 << 20
    /// More would only be more to throw away.
    private static let most = 16

    private let queue: BufferQueue
    /// Seconds that ``next(_:)`` has waited for a batch, in all.
    private(set) var waited = 0.0

    /// Begins to draw.
    /// - Parameters:
    ///   - sampler: stands where the first batch begins.
    ///   - factors: how many times smaller than the patch each output is.
    ///   - steps: batches that will be asked for.
    /// - Throws: `not-enough-memory`.
    init(_ sampler: PatchSampler, factors: [Int], steps: Int) throws(Diagnostic) {
        let values = sampler.valueCount
        let targets = factors.map { values / ($0 * $0) }
        let size = (values + targets.reduce(0, +)) * MemoryLayout<Float>.stride
        // Where `ulimit -v` leaves little, fewer: how many are drawn ahead changes no value.
        let budget = min(Self.budget, MachineMemory.addressSpaceLeft.map { $0 / 8 } ?? .max)
        let count = min(max(budget / size, 2), Self.most, steps)
        // And a sharp patch, of which the targets are made.
        let memory = count * size + values * MemoryLayout<Float>.stride
        try MachineMemory.check(memory, for: "the batches that are drawn ahead")
        let queue = BufferQueue(count: count) {
            Batch(
                blurred: [Float](repeating: 0, count: values),
                targets: targets.map { [Float](repeating: 0, count: $0) })
        }
        self.queue = queue
        let thread = Thread { Self.draw(sampler, factors, steps, onto: queue) }
        thread.name = "acuity-prefetch"
        thread.start()
    }

    deinit { queue.stop() }

    /// Lends the next batch, in order.
    /// - Throws: what keeps an image from being read.
    /// - Precondition: it is called no more than `steps` times.
    func next(_ body: (Batch) -> Void) throws(Diagnostic) {
        let watch = Stopwatch()
        let batch = try queue.take()
        waited += watch.seconds
        body(batch)
        queue.recycle(batch)
    }

    /// The thread's work.
    private static func draw(_ sampler: PatchSampler, _ factors: [Int], _ steps: Int, onto queue: BufferQueue)
    {
        var sampler = sampler
        var sharp = [Float](repeating: 0, count: sampler.valueCount)
        for _ in 0..<steps {
            guard var batch = queue.dequeueFree() else { return }
            do throws(Diagnostic) {
                try sampler.next(blurred: &batch.blurred, sharp: &sharp)
            } catch {
                return queue.enqueue(.failure(error))
            }
            for (index, factor) in factors.enumerated() {
                var target = batch.targets[index].mutableSpan
                Supervision.downsize(
                    sharp, side: sampler.patch, channels: sampler.colour.channels, by: factor, into: &target)
            }
            queue.enqueue(.success(batch))
        }
    }
}

/// A fixed number of batches that go round between the thread that fills them and the one that uses them.
private final class BufferQueue: Sendable {
    private struct State {
        var empty: [BatchPrefetcher.Batch]
        var full: [Result<BatchPrefetcher.Batch, Diagnostic>] = []
        var isStopped = false
    }

    private let state: Mutex<State>
    // Both begin at zero and are signalled up: a semaphore must not be freed below the value it began with.
    private let emptyCount = DispatchSemaphore(value: 0)
    private let fullCount = DispatchSemaphore(value: 0)

    init(count: Int, _ make: () -> BatchPrefetcher.Batch) {
        let batches = (0..<count).map { _ in make() }
        state = Mutex(State(empty: batches))
        for _ in 0..<count { emptyCount.signal() }
    }

    /// Waits for a batch to fill; `nil` where no more are wanted.
    func dequeueFree() -> BatchPrefetcher.Batch? {
        emptyCount.wait()
        return state.withLock { $0.isStopped ? nil : $0.empty.removeLast() }
    }

    func enqueue(_ batch: Result<BatchPrefetcher.Batch, Diagnostic>) {
        state.withLock { $0.full.append(batch) }
        fullCount.signal()
    }

    /// Waits for a filled batch.
    func take() throws(Diagnostic) -> BatchPrefetcher.Batch {
        fullCount.wait()
        return try state.withLock { $0.full.removeFirst() }.get()
    }

    func recycle(_ batch: BatchPrefetcher.Batch) {
        state.withLock { $0.empty.append(batch) }
        emptyCount.signal()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        emptyCount.signal()
    }
}
