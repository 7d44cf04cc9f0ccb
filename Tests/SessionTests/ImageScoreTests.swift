import Foundation
import Runs
import Statistics
import Testing

/// Comparisons of rows by the scores of each image.
struct ImageScoreTests {
    private static let script = """
        data = scenes(6, size = 32, seed = 2)
        experiment "t" {
            over units in [1, 2]
            over seed in 1..3
            net = gao2019(transform = residual(units = units), widths = [4, 8], scales = 1, modules = 1)
            model = train(net, data, steps = 4, batch = 1, patch = 32, seed = seed)
            record units = units, seed = seed, gain = evaluate(model, data).psnr_gain
        }

        """
    private static let question = """
        c = contrasts("t", of = "gain", by = "units")[1]
        print(c.difference, c.low, c.high, c.rows, c.seeds, c.images)

        """

    private func withResults(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }

    /// By run: its scorings' file.
    private func imageFiles(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/runs")
            .map { "\(folder)/runs/\($0)/images.csv" }.filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// Gains of each image, out of a scoring's file.
    private func gains(_ path: String) throws -> [Double] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map {
            let fields = $0.split(separator: ",")
            return (Double(fields[1]) ?? .nan) - (Double(fields[3]) ?? .nan)
        }
    }

    @Test func `a contrast is that of the differences on each image`() async throws {
        try await withResults { folder in
            let outcome = await run(Self.script + Self.question, results: folder)
            #expect(outcome.message == "no mistake")
            // The files of the rows are told by the means that the table has.
            let files = try imageFiles(in: folder).map { try gains($0) }
            #expect(files.count == 6)
            let table = try ResultTable(readFrom: folder + "/t.csv")
            func scores(_ units: Double, _ seed: Double) throws -> [Double] {
                let row = try #require(
                    table.rows.first { $0["units"] == .number(units) && $0["seed"] == .number(seed) })
                let gain = try #require(row["gain"].number)
                return try #require(
                    files.first { abs($0.reduce(0, +) / Double($0.count) - gain) < 1e-9 })
            }
            let differences = try (1...3).map { seed in
                zip(try scores(1, Double(seed)), try scores(2, Double(seed))).map { $0 - $1 }
            }
            let expected = try #require(Contrast(differences))
            let numbers = (outcome.lines.last ?? "").split(separator: " ").compactMap { Double($0) }
            try #require(numbers.count == 6, "\(outcome.lines)")
            #expect(abs(numbers[0] - expected.difference) < 1e-5)
            #expect(abs(numbers[1] - expected.interval().lowerBound) < 1e-5)
            #expect(abs(numbers[2] - expected.interval().upperBound) < 1e-5)
            #expect(Array(numbers[3...]) == [3, 3, 6])
        }
    }

    @Test(arguments: [true, false])
    func `where the scores of a row are gone or changed, seeds alone are compared, and that is said`(
        isGone: Bool
    ) async throws {
        try await withResults { folder in
            #expect(await run(Self.script, results: folder).message == "no mistake")
            let path = try #require(try imageFiles(in: folder).first)
            if isGone {
                try FileManager.default.removeItem(atPath: path)
            } else {
                let text = try String(contentsOfFile: path, encoding: .utf8)
                try text.replacing("scene-1,", with: "scene-1,1").write(
                    toFile: path, atomically: false, encoding: .utf8)
            }
            let outcome = await run(Self.question + "pivot(\"t\", rows = \"units\")\n", results: folder)
            #expect(outcome.lines.contains { $0.hasSuffix(" 3 3 0") }, "\(outcome.lines)")
            #expect(
                outcome.notices.contains { $0.hasPrefix("`gain` is compared by seeds alone: ") },
                "\(outcome.notices)")
        }
    }
}
