import Kernels
import ReferenceEngine
import Testing

/// Memory for one test, poisoned, with maps laid out one after the other in it and threads to run kernels on.
final class Ground {
    let workers: Workers
    private let memory: AlignedMemory
    private var used = 0
    /// What lies between the maps: NaN where a kernel that reads too far meets it, and a number, for whoever
    /// adds to NaN leaves NaN.
    private static let gap: [Float] = [.nan, 1.5, .nan]
    private var gaps: [BufferView] = []

    /// - Parameter workspace: floats for each thread.
    init(
        threads: Int, instructions: InstructionSet = .current, workspace: Int = 1 << 19, floats: Int = 1 << 21
    ) {
        do {
            workers = try Workers(threads: threads, workspace: workspace, instructions: instructions)
            memory = try AlignedMemory(count: floats)
        } catch {
            preconditionFailure("the system gives no memory or threads: \(error)")
        }
        workers.poisonWorkspace()
        memory.poison()
    }

    func reserve(workspace floats: Int) {
        do { try workers.reserve(workspace: floats) } catch {
            preconditionFailure("the system gives no memory: \(error)")
        }
        workers.poisonWorkspace()
    }

    /// Runs kernels on all threads, and checks that they wrote nothing between the maps and beyond the
    /// workspace.
    func run(_ body: (Worker) -> Void) {
        workers.everywhere(body)
        expectNothingElseWritten()
    }

    /// Runs a kernel that gives a number, the same on every thread.
    func result<Value: Sendable & Equatable>(_ body: (Worker) -> Value) -> Value {
        // A place for each thread: a lock in the tests' own code would hide races from the thread sanitizer,
        // or make some up.
        let results = UnsafeMutablePointer<Value?>.allocate(capacity: workers.threads)
        results.initialize(repeating: nil, count: workers.threads)
        defer { results.deallocate() }
        run { results[$0.thread] = body($0) }
        guard let first = results[0] else { preconditionFailure("the first thread gave no result") }
        for thread in 0..<workers.threads { #expect(results[thread] == first) }
        return first
    }

    /// A map that holds NaN until a kernel writes it.
    func empty(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int) -> FeatureMap {
        empty(TensorShape(batch: batch, height: height, width: width, channels: channels))
    }

    func empty(_ shape: TensorShape) -> FeatureMap {
        // Not on a cache line: kernels must not count on it.
        let map = memory.map(at: used, shape)
        advance(by: shape.count)
        return map
    }

    func empty(like tensor: Tensor) -> FeatureMap {
        empty(tensor.batch, tensor.height, tensor.width, tensor.channels)
    }

    func map(_ tensor: Tensor) -> FeatureMap {
        let map = empty(like: tensor)
        map.floats.assign(tensor.values.map { Float($0) })
        return map
    }

    func floats(_ values: [Double]) -> BufferView {
        let floats = memory.floats(at: used, count: values.count)
        advance(by: values.count)
        floats.assign(values.map { Float($0) })
        return floats
    }

    func zeros(_ count: Int) -> BufferView { floats([Double](repeating: 0, count: count)) }

    private func advance(by count: Int) {
        let gap = memory.floats(at: used + count, count: Self.gap.count)
        gap.assign(Self.gap)
        gaps.append(gap)
        used += count + gap.count
    }

    private func expectNothingElseWritten() {
        let written = gaps.firstIndex { gap in
            !zip(gap.copy(), Self.gap).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
        }
        #expect(written == nil, "written behind what was laid out")
        #expect(workers.hasPoisonBeyondWorkspace, "written beyond the workspace")
    }
}

/// Checks that values agree within `tolerance` of the largest expected one (or of 1, if all are smaller).
func expect(
    _ actual: BufferView, _ expected: [Double], tolerance: Double = 2e-6,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let actual = actual.copy()
    #expect(actual.count == expected.count, sourceLocation: sourceLocation)
    let scale = expected.reduce(1) { max($0, abs($1)) }
    // Written so that NaN counts as wrong.
    let wrong = zip(actual, expected).enumerated().first {
        !(abs(Double($0.element.0) - $0.element.1) <= tolerance * scale)
    }
    #expect(wrong == nil, "first wrong value", sourceLocation: sourceLocation)
}

func random(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int, seed: Int) -> Tensor {
    var generator = SplitMix(seed: seed)
    let values = generator.numbers(batch * height * width * channels)
    return Tensor(batch: batch, height: height, width: width, channels: channels, values: values)
}
