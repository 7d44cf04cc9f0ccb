import COpenBLAS
import Foundation

/// A fixed number of threads that run kernels: the calling thread and `threads − 1` of its own.
///
/// Work is divided by a rule that depends on nothing but the amount of work and the number of threads, so
/// results are the same to the last bit for a given number of threads. A dispatch takes some microseconds, so
/// a kernel is one dispatch, and small work is left to the calling thread. Not for use from two threads at
/// once.
package final class Workers {
    package let threads: Int
    private let team: Team
    private var scratch: Memory
    private var scratchPerThread: Int
    /// One number for each thread, for sums over everything.
    let partialSums: UnsafeMutablePointer<Double>

    /// - Parameter scratch: floats that each thread may use for itself within a kernel; see
    ///   ``reserve(scratch:)``.
    package init(threads: Int, scratch: Int = 0) {
        precondition(threads > 0, "\(threads) threads can do no work")
        // BLAS runs on the threads here; left alone it would start as many again for each of them.
        openblas_set_num_threads(1)
        self.threads = threads
        scratchPerThread = Memory.aligned(scratch)
        self.scratch = Memory(count: scratchPerThread * threads)
        partialSums = .allocate(capacity: threads)
        partialSums.initialize(repeating: 0, count: threads)
        team = Team(helpers: threads - 1)
    }

    deinit {
        team.stop()
        partialSums.deallocate()
    }

    /// Makes sure that every thread has at least `floats` of scratch; what it held is lost.
    package func reserve(scratch floats: Int) {
        guard floats > scratchPerThread else { return }
        scratchPerThread = Memory.aligned(floats)
        scratch = Memory(count: scratchPerThread * threads)
    }

    /// Fills all scratch with NaN, for tests.
    package func poisonScratch() { scratch.poison() }

    func scratch(of thread: Int, atLeast floats: Int) -> UnsafeMutablePointer<Float> {
        precondition(
            floats <= scratchPerThread,
            "a kernel needs \(floats) floats of scratch, \(scratchPerThread) are reserved")
        return scratch.base + thread * scratchPerThread
    }

    /// Runs `body` once on every thread, at the same time, with the thread's number.
    func everywhere(_ body: (_ thread: Int) -> Void) {
        if threads == 1 {
            body(0)
        } else {
            team.run(body)
        }
    }

    /// Divides `0..<count` into one range a thread and runs them at the same time.
    ///
    /// - Parameter smallest: work up to this count stays on the calling thread.
    func divide(_ count: Int, smallest: Int = 0, _ body: (Range<Int>) -> Void) {
        if threads == 1 || count <= smallest {
            body(0..<count)
        } else {
            everywhere { thread in
                let range = share(of: count, thread: thread)
                if !range.isEmpty { body(range) }
            }
        }
    }

    /// The part of `0..<count` that is `thread`'s.
    func share(of count: Int, thread: Int) -> Range<Int> {
        count * thread / threads..<count * (thread + 1) / threads
    }
}

/// The threads and what they wait on. Every field but the conditions' own is guarded by `mutex`.
private final class Team: @unchecked Sendable {
    private let helpers: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let started = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var job: ((Int) -> Void)?
    private var generation = 0
    private var running = 0
    private var isStopping = false

    init(helpers: Int) {
        self.helpers = helpers
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(started, nil)
        pthread_cond_init(finished, nil)
        for helper in 0..<helpers {
            Thread.detachNewThread { [self] in serve(thread: helper + 1) }
        }
    }

    deinit {
        pthread_cond_destroy(finished)
        pthread_cond_destroy(started)
        pthread_mutex_destroy(mutex)
        finished.deallocate()
        started.deallocate()
        mutex.deallocate()
    }

    /// Lets the threads end; each keeps the team alive until it has.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopping = true
        pthread_cond_broadcast(started)
        pthread_mutex_unlock(mutex)
    }

    func run(_ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            pthread_mutex_lock(mutex)
            job = body
            generation += 1
            running = helpers
            pthread_cond_broadcast(started)
            pthread_mutex_unlock(mutex)

            body(0)

            pthread_mutex_lock(mutex)
            while running > 0 { pthread_cond_wait(finished, mutex) }
            job = nil
            pthread_mutex_unlock(mutex)
        }
    }

    private func serve(thread: Int) {
        var seen = 0
        pthread_mutex_lock(mutex)
        while true {
            while generation == seen && !isStopping { pthread_cond_wait(started, mutex) }
            if isStopping { break }
            seen = generation
            runJob(thread)
            running -= 1
            if running == 0 { pthread_cond_signal(finished) }
        }
        pthread_mutex_unlock(mutex)
    }

    /// In a function of its own, so that no reference to the job outlives it: the job must not escape its
    /// dispatch.
    private func runJob(_ thread: Int) {
        guard let job else { return }
        pthread_mutex_unlock(mutex)
        job(thread)
        pthread_mutex_lock(mutex)
    }
}
