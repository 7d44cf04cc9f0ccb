import AllocationCounter
import ArgumentParser
import Diagnostics
import Engine
import Foundation
import Graph
import Kernels
import Training

@main
struct AcuityBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acuity-bench", abstract: "Measures Acuity's engine.",
        subcommands: [Run.self, Serve.self, Counts.self, Profile.self], defaultSubcommand: Run.self)

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let diagnostic as Diagnostic {
            FileHandle.standardError.write(Data(Renderer(coloured: false).render(diagnostic).utf8))
            exit(withError: ExitCode(1))
        } catch {
            exit(withError: error)
        }
    }
}

struct Threads: ParsableArguments {
    @Option(parsing: .unconditional, help: "Threads that work together.") var threads = 2

    func validate() throws {
        guard TrainingSettings.Limits.threads.contains(threads) else {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads)")
        }
    }
}

/// Refuses what is no number of repetitions.
private func check(_ option: String, _ count: Int) throws {
    guard count > 0 else { throw ValidationError("--\(option) must be at least 1, not \(count)") }
}

/// The project's own benchmark: each piece of work on one and on all threads.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time every piece of work, or those that are named.")

    @Argument var names: [String] = []
    @Option(
        parsing: .unconditional,
        help: "Rounds; each runs every piece of work once on one thread and once on all.")
    var rounds = 5
    @OptionGroup var options: Threads

    func validate() throws { try check("rounds", rounds) }

    func run() throws {
        let threads = options.threads
        let works = names.isEmpty ? Work.all : try names.map(Work.named)
        let peak = try productRate(threads: threads)
        print("\(InstructionSet.current.name); sgemm on \(threads) threads: \(gigaflops(peak))")
        for work in works {
            let benches = try Set([1, threads]).sorted().map { try Bench(work, threads: $0) }
            for bench in benches { _ = bench.step() }
            var times = benches.map { _ in [Double]() }
            for _ in 0..<rounds {
                for (index, bench) in benches.enumerated() { times[index].append(bench.step()) }
            }
            let medians = times.map { $0.sorted()[$0.count / 2] }
            let best = medians[medians.count - 1]
            let rate = work.operations(of: benches[0].graph) / best
            print(
                "\(work.name): \(milliseconds(best)); \(gigaflops(rate)) as direct convolutions, "
                    + "\(twoPlaces(rate / peak)) of sgemm's peak; speed-up of \(threads) threads "
                    + "\(twoPlaces(medians[0] / best))")
            print("  \(benches[benches.count - 1].execution.plan)")
        }
    }
}

/// One piece of work, a step for each line that comes in: what `peer.py` runs beside PyTorch.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a step for each line on standard input, and write its seconds.")

    @Argument var name: String
    @OptionGroup var options: Threads

    func run() throws {
        let threads = options.threads
        let work = try Work.named(name)
        let bench = try Bench(work, threads: threads)
        // A pipe is written to when its buffer is full, unless it is told; the other side waits for each
        // line.
        func answer(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
        answer("\(bench.graph.parameterCount) \(work.operations(of: bench.graph))")
        while let line = readLine() {
            switch line {
            case "step": answer("\(bench.step())")
            case "memory": answer("\(try peakMemory())")
            case "sgemm": answer("\(try productRate(threads: threads))")
            default: throw ValidationError("`\(line)` is not step, memory or sgemm")
            }
        }
    }
}

/// What does not depend on the machine's speed, for tests to hold on to.
struct Counts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Count what a step takes: memory asked for, multiplications, bytes, packed weights.")

    @Argument var name: String
    @OptionGroup var options: Threads

    func run() throws {
        let threads = options.threads
        let work = try Work.named(name)
        // Once before, so that what is loaded on first use is not counted.
        _ = try Bench(Work.warmUp, threads: threads).step()
        let memory = try residentMemory()
        let bench = try Bench(work, threads: threads)
        let plan = bench.execution.plan
        _ = bench.step()
        let before = allocationCount()
        _ = bench.step()
        let allocations = allocationCount() - before
        print("allocations", allocations)
        let kernels = plan.kernels
        print("multiplications", kernels.reduce(0) { $0 + $1.multiplications })
        print("macs", kernels.reduce(0) { $0 + $1.multiplyAccumulates })
        print("weight_transforms", plan.weightTransforms)
        print("arena_bytes", plan.mapBytes)
        print("planned_bytes", plan.peakBytes)
        print("measured_bytes", try peakMemory() - memory)
    }
}

/// Where a step's time goes.
struct Profile: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time each kind of kernel of a step, the longest first.")

    @Argument var name: String
    @OptionGroup var options: Threads
    @Option(parsing: .unconditional) var steps = 10

    func validate() throws { try check("steps", steps) }

    func run() throws {
        let bench = try Bench(try Work.named(name), threads: options.threads)
        _ = bench.step()
        bench.execution.measureKernels()
        var whole = 0.0
        for _ in 0..<steps { whole += bench.step() }
        struct Kind { var kernels = 0, seconds = 0.0, multiplications = 0 }
        var kinds: [String: Kind] = [:]
        for (kernel, seconds) in bench.execution.measuredKernels {
            let shape = kernel.shape
            let title =
                "\(kernel.phase.rawValue): \(kernel.work)\(kernel.method.isEmpty ? "" : " " + kernel.method), "
                + "\(shape.height)×\(shape.width)×\(shape.channels)"
            kinds[title, default: Kind()].kernels += 1
            kinds[title, default: Kind()].seconds += seconds
            kinds[title, default: Kind()].multiplications += kernel.multiplyAccumulates
        }
        print("a step: \(milliseconds(whole / Double(steps)))")
        var rest = whole
        for (title, kind) in kinds.sorted(by: { $0.value.seconds > $1.value.seconds }) {
            rest -= kind.seconds
            let rate = 2 * Double(kind.multiplications * steps) / kind.seconds
            print(
                "\(percent(kind.seconds / whole)) \(milliseconds(kind.seconds / Double(steps))) "
                    + "\(kind.kernels) × \(title)"
                    + (rate > 0 ? ", \(gigaflops(rate)) as direct convolutions" : ""))
        }
        print("\(percent(rest / whole)) packing, optimiser and the rest")
    }
}

private func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
private func gigaflops(_ rate: Double) -> String { "\(Int((rate / 1e9).rounded())) GFLOP/s" }
private func milliseconds(_ seconds: Double) -> String { "\((seconds * 1e4).rounded() / 10) ms" }
private func twoPlaces(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
