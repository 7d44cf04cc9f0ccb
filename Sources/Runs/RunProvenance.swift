import Foundation

/// The machine that computed a run.
public struct RunMachine: Sendable, Equatable {
    /// As the processor calls itself.
    public let processor: String
    /// Vector instructions that the kernels used: `avx512`.
    public let instructionSet: String
    /// Its name.
    public let host: String

    /// A machine as a file names it.
    public init(processor: String, instructionSet: String, host: String) {
        (self.processor, self.instructionSet, self.host) = (processor, instructionSet, host)
    }

    /// This one.
    public static func current(instructionSet: String) -> RunMachine {
        RunMachine(processor: processorName, instructionSet: instructionSet, host: hostName)
    }

    static let hostName: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    private static let processorName: String = {
        let lines =
            (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        for key in ["model name", "Model", "Hardware", "CPU part"] {
            if let line = lines.first(where: { $0.hasPrefix(key) }), let colon = line.firstIndex(of: ":") {
                return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
        return "unknown"
    }()
}

/// Where the numbers of a run come from, beside its recipe: who computed it, when, and what it took.
public struct RunProvenance: Sendable, Equatable {
    /// The version of the program, with its commit.
    public let version: String
    public let machine: RunMachine
    /// Sums are added in another order on another number of threads.
    public let threads: Int
    /// On the clock, to the millisecond.
    public let seconds: Double
    /// Most bytes that the process had resident meanwhile, to the megabyte; `nil` where the system does not
    /// say.
    public let peakMemory: Int?
    /// When the run was finished, to the second, as files keep it.
    public let finishedAt: Date

    /// What is kept of a run that ended at `finishedAt`, rounded as files keep it.
    public init(
        version: String, machine: RunMachine, threads: Int, seconds: Double, peakMemory: Int?,
        finishedAt: Date = .now
    ) {
        (self.version, self.machine, self.threads) = (version, machine, threads)
        self.seconds = (seconds * 1000).rounded() / 1000
        self.peakMemory = peakMemory.map { Int((Double($0) / 1e6).rounded()) * 1_000_000 }
        self.finishedAt = Date(timeIntervalSince1970: finishedAt.timeIntervalSince1970.rounded(.down))
    }

    var lines: [(key: String, value: String)] {
        [
            ("version", version), ("processor", machine.processor),
            ("instruction_set", machine.instructionSet), ("host", machine.host), ("threads", "\(threads)"),
            ("seconds", "\(seconds)"), ("peak_memory", peakMemory.map { "\($0)" } ?? ""),
            ("finished_at", finishedAt.formatted(.iso8601)),
        ]
    }

    init?(_ facts: [String: String]) {
        guard let version = facts["version"], let processor = facts["processor"],
            let set = facts["instruction_set"], let host = facts["host"],
            let threads = facts["threads"].flatMap({ Int($0) }), threads > 0,
            let seconds = facts["seconds"].flatMap({ Double($0) }), (0...1e12).contains(seconds),
            case let peak = facts["peak_memory"] ?? "",
            peak.isEmpty || (0..<1 << 60).contains(Int(peak) ?? -1),
            let date = try? Date(facts["finished_at"] ?? "", strategy: .iso8601)
        else { return nil }
        self.init(
            version: version, machine: RunMachine(processor: processor, instructionSet: set, host: host),
            threads: threads, seconds: seconds, peakMemory: Int(peak),
            finishedAt: date)
    }

    /// That of a row that several runs were computed for; `nil` of none.
    public static func joined(_ runs: [RunProvenance]) -> RunProvenance? {
        guard let last = runs.max(by: { $0.finishedAt < $1.finishedAt }) else { return nil }
        func all(_ fact: (RunProvenance) -> String) -> String {
            var values: [String] = []
            for value in runs.map(fact) where !values.contains(value) { values.append(value) }
            return values.joined(separator: "; ")
        }
        return RunProvenance(
            version: all(\.version),
            machine: RunMachine(
                processor: all(\.machine.processor), instructionSet: all(\.machine.instructionSet),
                host: all(\.machine.host)),
            threads: runs.map(\.threads).max() ?? last.threads,
            seconds: runs.reduce(0) { $0 + $1.seconds }, peakMemory: runs.compactMap(\.peakMemory).max(),
            finishedAt: last.finishedAt)
    }
}
