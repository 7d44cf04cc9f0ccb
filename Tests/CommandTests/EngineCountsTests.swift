import Foundation
import Testing

/// What a step of training takes, counted: figures that no machine's speed changes, so that a change which
/// costs more is seen at once. Each is what the plan says in `Documentation/Engine.md`; change them there and
/// here.
struct EngineCountsTests {
    /// - Returns: the figures of `acuity-bench counts`, by name.
    private func counts(_ work: String, threads: Int) throws -> [String: Int] {
        let program = Command.executable.deletingLastPathComponent().appending(path: "acuity-bench")
        let result = try Command.run(["counts", work, "--threads", "\(threads)"], program: program)
        #expect(result.status == 0, "\(result.messages)")
        return result.output.split(separator: "\n").reduce(into: [:]) { counts, line in
            let words = line.split(separator: " ")
            counts[String(words[0])] = Int(words[1])
        }
    }

    @Test(arguments: 1...2) func `a step of an ablation's training takes what it did`(threads: Int) throws {
        let counts = try counts("ablation-train", threads: threads)
        // Winograd's tiles make 1.78 multiplications, or 2.25, where a direct convolution makes 9. Forward
        // and twice back, but for the gradient of what a scale is given (two channels, at 64, 32 and 16
        // pixels).
        #expect(counts["macs"] == 3 * 2_456_272_896 - 8 * 2 * 9 * 8 * (64 * 64 + 32 * 32 + 16 * 16))
        let multiplications = try #require(counts["multiplications"])
        // The most that minimal filtering saves here is F(6×6, 3×3)'s: 64 products for 36 sums of 9. What is
        // above it goes to smaller tiles, strides and borders; more than now would be a loss.
        #expect(Double(multiplications) >= Double(try #require(counts["macs"])) / (36 * 9 / 64))
        #expect(multiplications <= 1_855_627_264)
        // Both directions of every set of weights that an input's gradient passes, one of the others: once a
        // step, however often they are used.
        #expect(try #require(counts["weight_transforms"]) <= 121)
        #expect(try #require(counts["arena_bytes"]) <= 65_486_848)
        // −1 says that a sanitizer counts instead.
        #expect(try #require(counts["allocations"]) <= 0)
    }

    @Test(arguments: ["gao2019-train-b1", "srn2018-train", "small-maps-train", "ablation-train"])
    func `a training takes the memory that its plan says`(work: String) throws {
        let counts = try counts(work, threads: 2)
        let (planned, measured) = (
            Double(try #require(counts["planned_bytes"])), Double(try #require(counts["measured_bytes"]))
        )
        #expect(abs(measured / planned - 1) < 0.05)
        #expect(try #require(counts["allocations"]) <= 0)
    }

    @Test(arguments: [
        (["run", "nonsense"], "there is no work `nonsense`; there are gao2019-train-b3, "),
        (["run", "ablation-train", "--rounds", "0"], "--rounds must be at least 1, not 0"),
        (["profile", "ablation-train", "--threads", "0"], "--threads must be from 1 to 1024, not 0"),
    ])
    func `the benchmark refuses what it cannot run`(arguments: [String], message: String) throws {
        let program = Command.executable.deletingLastPathComponent().appending(path: "acuity-bench")
        let result = try Command.run(arguments, program: program)
        #expect(result.status != 0)
        #expect(result.messages.contains("Error: " + message), "\(result.messages)")
    }

    @Test func `the paper's network fits a 720p image into a gigabyte`() throws {
        let counts = try counts("gao2019-forward-720p", threads: 2)
        #expect(try #require(counts["measured_bytes"]) < 1_000_000_000)
        #expect(try #require(counts["planned_bytes"]) < 500_000_000)
    }
}
