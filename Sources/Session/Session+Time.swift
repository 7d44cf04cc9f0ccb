import Diagnostics
import Foundation
import Syntax

extension Session {
    /// Evaluates, and tells what it cost: seconds, multiply-accumulates a second, and the most memory in use
    /// meanwhile.
    func time(_ expression: LocatedExpression) throws(Diagnostic) -> Value {
        let before = multiplyAccumulates
        PeakMemory.begin()
        let start = ContinuousClock.now
        let value = try evaluate(expression)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        guard !isRehearsal else { return value }
        var facts = [Self.duration(seconds)]
        let work = multiplyAccumulates - before
        if work > 0 { facts.append("\(scaled(Int(min(work / seconds, 1e18))))MAC/s") }
        if let bytes = PeakMemory.bytes { facts.append("at most \(Self.memory(bytes)) of memory") }
        front.notice(facts.joined(separator: ", "))
        return value
    }

    /// `3.2 ms`, `12.4 s`, `7 min 30 s`, `2 h 5 min`
    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.0995: "\(fixed(seconds * 1000, digits: 1)) ms"
        case ..<99.5: "\(fixed(seconds, digits: seconds < 9.95 ? 2 : 1)) s"
        case ..<5400: "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
        case ..<1e9: "\(Int(seconds) / 3600) h \(Int(seconds) % 3600 / 60) min"
        default: "decades"
        }
    }

    /// `312 MB`, `1.4 GB`
    static func memory(_ bytes: Int) -> String {
        bytes < 1_000_000_000
            ? "\(max(1, bytes / 1_000_000)) MB" : "\(fixed(Double(bytes) / 1e9, digits: 1)) GB"
    }
}

/// The most memory that the process has had resident, as Linux counts it.
enum PeakMemory {
    /// Forgets earlier peaks, where the system lets a process do so.
    static func begin() {
        let file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, "5", 1)
        close(file)
    }

    static var bytes: Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return nil }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map {
            $0 * 1024
        }
    }
}
