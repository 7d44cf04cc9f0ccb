import Diagnostics
import Synchronization

/// `transform` of 0..<count on all usable cores, in order. Where several fail, the first by index is thrown,
/// so that a message does not depend on the race.
/// - Parameter stop: looked at before each; once it is requested no more are begun.
/// - Throws: what `transform` throws; ``Diagnostic/stopped``.
package func concurrentMap<Value: Sendable>(
    _ count: Int, stop: StopFlag = StopFlag(),
    _ transform: @Sendable (Int) throws(Diagnostic) -> Value
) throws(Diagnostic) -> [Value] {
    let results = Mutex([Result<Value, Diagnostic>?](repeating: nil, count: count))
    concurrently(count) { index in
        let result: Result<Value, Diagnostic>
        guard !stop.isRequested else { return }
        do throws(Diagnostic) { result = .success(try transform(index)) } catch { result = .failure(error) }
        results.withLock { $0[index] = result }
    }
    var values: [Value] = []
    for result in results.withLock({ $0 }) {
        guard let result else { throw .stopped }
        values.append(try result.get())
    }
    return values
}
