import Diagnostics
import Engine
import Graph
import Samples
import TestSupport
import Testing
import Training
import TrainingMethods

/// Learning rates by role, and roles that are frozen.
struct RoleTests {
    /// Three layers: `extract`, `transform` with `inner` in it, and one without a role.
    private static let graph: Graph = {
        var builder = GraphBuilder()
        let input = builder.input(1)
        let first = builder.conv(input, 4, "first")
        let second = builder.conv(first, 4, "second")
        let third = builder.conv(second, 4, "third")
        let plain = builder.graph([builder.sum(input, builder.conv(third, 1, "last"))])
        func use(_ role: String, _ nodes: Range<Int>) -> RoleUse {
            RoleUse(role: role, weights: role, indices: [], nodes: nodes)
        }
        return Graph(
            nodes: plain.nodes, parameters: plain.parameters, outputs: plain.outputs,
            roleUses: [
                use("extract", first.index..<first.index + 1),
                use("transform/inner", third.index..<third.index + 1),
                use("transform", second.index..<third.index + 1),
            ])
    }()

    private func settings(_ change: (inout TrainingSettings) -> Void) -> TrainingSettings {
        var settings = TrainingSettings(length: .steps(4))
        (settings.batch, settings.patch, settings.threads) = (2, 16, 1)
        change(&settings)
        return settings
    }

    private func trained(_ change: (inout TrainingSettings) -> Void) throws -> (first: Weights, last: Weights)
    {
        let trainer = try Trainer(Self.graph, on: SampleImages.waves(2), settings(change))
        let first = trainer.model.weights
        return (first, try trainer.run().model.weights)
    }

    private func moved(_ weights: (first: Weights, last: Weights)) -> [String] {
        Self.graph.parameterIDs.filter { weights.first[$0] != weights.last[$0] }.map {
            Self.graph[$0].name
        }
    }

    @Test(arguments: Optimizer.all.filter { $0 != .muon }, [nil, GradientClip.norm(0.01)])
    func `a frozen role stays as it begins and the others learn`(optimizer: Optimizer, clip: GradientClip?)
        throws
    {
        let weights = try trained {
            $0.optimizer = optimizer
            $0[.weightDecay] = 0.1
            $0.clip = clip
            $0.frozen = ["extract", "inner"]
        }
        #expect(moved(weights) == ["second.weight", "second.bias", "last.weight", "last.bias"])
    }

    @Test func `a role's rate multiplies the training's, and the one that is listed last counts`() throws {
        func updates(_ rates: [RoleRate]) throws -> [Float] {
            let trainer = try Trainer(
                Self.graph, on: SampleImages.waves(2),
                settings {
                    $0.length = .steps(1)
                    $0.rates = rates
                    $0.initialisation = .he
                })
            let first = trainer.model.weights
            let last = try trainer.run().model.weights
            // Adam's first step is the rate wherever there is a gradient.
            return Self.graph.parameterIDs.filter { Self.graph[$0].kind == .weight }.map { id in
                zip(first[id], last[id]).map { abs($0 - $1) }.max() ?? 0
            }
        }
        let plain = try updates([])
        let found = try updates([
            RoleRate(role: "transform", factor: 0.5), RoleRate(role: "inner", factor: 3),
        ])
        for (ratio, expected) in zip(zip(found, plain).map { $0 / $1 }, [1, 0.5, 3, 1] as [Float]) {
            #expect(abs(ratio - expected) < 0.01 * expected)
        }
    }

    @Test func `one rate for all is the same as that rate, to the last bit`() throws {
        let whole = try trained { $0.learningRate = 1e-3 }
        let parts = try trained {
            $0.learningRate = 1e-3
            $0.rates = [RoleRate(role: "extract", factor: 1)]
        }
        #expect(whole.last == parts.last)
    }

    @Test func `what cannot be meant is named`() {
        func said(_ change: (inout TrainingSettings) -> Void) -> String {
            message { () throws(Diagnostic) in
                try settings(change).check(Self.graph, on: SampleImages.waves(2))
            }
        }
        #expect(
            said { $0.frozen = ["extrakt"] } == """
                error[unknown-role]: this network has no role `extrakt`
                   = note: it has `extract`, `transform/inner` and `transform`
                   = hint: did you mean `extract`?

                """)
        #expect(
            said { $0.rates = [RoleRate(role: "extract", factor: 0)] } == """
                error[bad-setting]: `rates` must be factors above 0 and at most 100, not 0
                   = hint: `freeze = ["extract"]` keeps a role's weights as they are

                """)
        #expect(
            said {
                $0.frozen = ["inner"]
                $0.rates = [RoleRate(role: "inner", factor: 2)]
            }.hasPrefix("error[bad-setting]: `inner` is frozen, and has a rate in `rates`\n"))
        var bare = settings { $0.frozen = ["extract"] }
        #expect(
            message { () throws(Diagnostic) in try bare.check(.tiny, on: SampleImages.waves(2)) }
                .contains("= note: it has no roles: none of its weights are within `weights ROLE { … }`\n"))
        bare.frozen = []
        #expect(
            message { () throws(Diagnostic) in try bare.check(.tiny, on: SampleImages.waves(2)) } == "")
    }
}
