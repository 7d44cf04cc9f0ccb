import Foundation
import Testing

/// How trainings begin: each step's loss beside that of the network that returns its input, on the same
/// batch.
struct FirstStepsTests {
    private static let networks = [
        "transform = stacked(convs = 4), sharing = within_scale",
        "transform = residual(units = 3), sharing = within_scale",
        "transform = dense(convs = 4), sharing = within_scale",
        "transform = nested(order = 3), sharing = within_scale",
        "transform = residual(units = 3), sharing = independent",
        "transform = nested(order = 3), sharing = shared",
        "transform = nested(order = 3), sharing = selective",
    ]

    @Test(arguments: networks)
    func `no first step loses more than half as much again as the blurred image`(network: String) async throws
    {
        try await withTemporaryFolder { folder in
            let outcome = await run(
                """
                data = scenes(16, size = 96, seed = 1)
                experiment "start" {
                    over rate in [0.0005, 1e-12]
                    net = gao2019(\(network), widths = [6, 8], scales = 2)
                    model = train(net, data, steps = 50, batch = 4, patch = 64, learning_rate = rate)
                    record rate = rate
                }
                """, results: folder)
            #expect(outcome.message == "no mistake")
            let trained = try losses(in: folder) { !$0.contains("1e-12") }
            // A training without a rate learns nothing.
            let identity = try losses(in: folder) { $0.contains("1e-12") }
            try #require(trained.count == 50 && identity.count == 50)
            for (step, (loss, blurred)) in zip(trained, identity).enumerated() {
                #expect(loss <= 1.5 * blurred, "step \(step + 1)")
            }
        }
    }

    /// The loss of each step of the one training whose recipe is meant.
    private func losses(in folder: String, of isMeant: (String) -> Bool) throws -> [Double] {
        for run in try FileManager.default.contentsOfDirectory(atPath: folder + "/runs") {
            let path = "\(folder)/runs/\(run)"
            guard let recipe = try? String(contentsOfFile: path + "/recipe", encoding: .utf8),
                isMeant(recipe),
                let curve = try? String(contentsOfFile: path + "/curve.csv", encoding: .utf8)
            else { continue }
            return curve.split(separator: "\n").dropFirst().compactMap {
                Double($0.split(separator: ",")[1])
            }
        }
        return []
    }
}
