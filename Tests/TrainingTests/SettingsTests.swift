import Diagnostics
import FirstWeights
import Foundation
import Graph
import Images
import Kinds
import Samples
import TestSupport
import Testing
import Training
import TrainingMethods

struct SettingsTests {
    private func refusal(_ change: (inout TrainingSettings) -> Void) -> String {
        var settings = TrainingSettings(length: .steps(10))
        change(&settings)
        return message { () throws(Diagnostic) in try settings.check() }
    }

    @Test func `the defaults are fine`() {
        #expect(refusal { _ in } == "")
    }

    @Test(arguments: [
        (TrainingSettings.Length.steps(0), "`steps` must be a whole number from 1 to 1000000000, not 0"),
        (.steps(-5), "`steps` must be a whole number from 1 to 1000000000, not -5"),
        (.epochs(0), "`epochs` must be a whole number from 1 to 1000000, not 0"),
    ])
    func `a training has a length`(length: TrainingSettings.Length, text: String) {
        #expect(refusal { $0.length = length } == "error[bad-setting]: \(text)\n")
    }

    @Test func `each setting says what it may be`() {
        #expect(
            refusal { $0.batch = 0 }
                == "error[bad-setting]: `batch` must be a whole number from 1 to 4096, not 0\n")
        #expect(
            refusal { $0.patch = -1 }
                == "error[bad-setting]: `patch` must be a whole number from 1 to 16384, not -1\n")
        #expect(
            refusal { $0.threads = 0 }
                == "error[bad-setting]: `threads` must be a whole number from 1 to 1024, not 0\n")
        #expect(
            refusal { $0.learningRate = 0 } == """
                error[bad-setting]: `learning_rate` must be above 0 and at most 1, not 0
                   = hint: 5e-4 is the default; the paper has 1e-4

                """)
        #expect(
            refusal { $0.learningRate = .nan }.contains(
                "`learning_rate` must be above 0 and at most 1, not nan"))
        #expect(
            refusal { $0[.decay] = -1 } == """
                error[bad-setting]: `decay` must be at least 0 and at most 10, not -1
                   = hint: 0.3 is the paper's; 0 keeps the rate, and 1 is linear

                """)
        #expect(
            refusal { $0.clip = .norm(0) } == """
                error[bad-setting]: `clip_norm` must be above 0, not 0
                   = hint: papers have 0.01 (Restormer, NAFNet) to 1

                """)
        #expect(refusal { $0.clip = .value(-1) }.contains("`clip_value` must be above 0, not -1"))
        #expect(refusal { $0.average = 1 }.contains("`average` must be above 0 and below 1, not 1"))
        #expect(refusal { $0[.momentum] = 1 }.contains("`momentum` must be at least 0 and below 1, not 1"))
        #expect(refusal { $0[.beta1] = 1 }.contains("`beta1` must be at least 0 and below 1, not 1"))
        #expect(refusal { $0[.beta2] = -0.1 }.contains("`beta2` must be at least 0 and below 1, not -0.1"))
        #expect(refusal { $0[.epsilon] = 0 }.contains("`epsilon` must be above 0 and at most 1, not 0"))
    }

    @Test func `steps and epochs exclude each other`() throws {
        #expect(
            message { () throws(Diagnostic) in _ = try TrainingSettings(steps: nil, epochs: nil) } == """
                error[training-length]: nothing says how long to train
                   = hint: give one of them: `steps = 1500` counts updates, `epochs = 100` passes over the data

                """)
        #expect(
            message { () throws(Diagnostic) in _ = try TrainingSettings(steps: 1, epochs: 1) }
                .hasPrefix("error[training-length]: `steps` and `epochs` both say how long to train\n"))
        var settings = try TrainingSettings(steps: nil, epochs: 3)
        settings.batch = 8
        #expect(settings.steps(forImages: 17) == 9)
        #expect(try TrainingSettings(steps: 5, epochs: nil).steps(forImages: 17) == 5)
    }

    @Test func `the rate decays by a power, and the last step still moves the weights`() {
        var settings = TrainingSettings(length: .steps(100))
        settings.learningRate = 1e-4
        #expect(settings.rate(atStep: 0, of: 100) == 1e-4)
        #expect(abs(settings.rate(atStep: 50, of: 100) - 8.122523963564e-5) < 1e-15)
        #expect(abs(settings.rate(atStep: 99, of: 100) - 2.511886431510e-5) < 1e-15)
        settings[.decay] = 1
        #expect(abs(settings.rate(atStep: 25, of: 100) - 7.5e-5) < 1e-18)
        settings[.decay] = 0
        #expect(settings.rate(atStep: 99, of: 100) == 1e-4)
        settings.warmup = 10
        #expect(abs(settings.rate(atStep: 0, of: 100) - 1e-5) < 1e-18)
        #expect(abs(settings.rate(atStep: 4, of: 100) - 5e-5) < 1e-18)
        #expect(settings.rate(atStep: 10, of: 100) == 1e-4)
    }

    @Test func `settings come back from a file as they were`() throws {
        let usual = TrainingSettings(length: .epochs(3))
        var unusual = usual
        unusual.warmup = 20
        unusual.optimizer = .muon
        unusual[.momentum] = 0.9
        unusual.loss = .logarithmicError
        unusual.augmentation = .none
        unusual[.weightDecay] = 0.1
        unusual.decayExemption = .biases
        unusual.clip = .norm(0.01)
        unusual.average = 0.999
        unusual.frozen = ["extract"]
        unusual.validation = ValidationSettings(every: 5)
        unusual.patches = [StagedSize(steps: 5, size: 64), StagedSize(steps: 5, size: 128)]
        unusual.validation?.patience = 3
        unusual.rates = [RoleRate(role: "transform", factor: 0.1)]
        var scheduled = usual
        scheduled.clip = .value(1)
        scheduled.setSchedule(
            try Schedule(SchedulePart(.constant, ["steps": [5]])).followed(
                by: Schedule(SchedulePart(.steps, ["at": [3, 7], "by": [0.1]]))))
        for settings in [usual, unusual, scheduled] {
            let file = try JSONEncoder().encode(settings)
            #expect(try JSONDecoder().decode(TrainingSettings.self, from: file) == settings)
            // By the names that scripts have for them, or not at all.
            let text = String(decoding: file, as: UTF8.self)
            #expect(text.contains("\"warmup\":20") == (settings == unusual))
            #expect(text.contains("\"momentum\":0.9") == (settings == unusual))
        }
    }

    private func recipe(_ change: (inout TrainingSettings) -> Void = { _ in }) -> [String] {
        var settings = TrainingSettings(length: .steps(10))
        change(&settings)
        return settings.recipeLines.map { $0.key.dropFirst("training.".count) + " = " + $0.value }
    }

    @Test func `recipes without a later setting are those of before it`() {
        let usual = [
            "steps = 10", "batch = 8", "patch = 64", "learning_rate = 0.0005", "decay = 0.3", "beta1 = 0.9",
            "beta2 = 0.999", "epsilon = 1e-08", "initialisation = lsuv", "loss = mse", "colour = luma",
            "augmentation = true", "seed = 0", "revision = 3",
        ]
        #expect(recipe() == usual)
        #expect(
            recipe {
                $0.optimizer = .muon
                $0.warmup = 5
            } == usual + ["warmup = 5", "optimizer = muon, momentum 0.95"])
    }

    @Test func `a recipe names a schedule that its decay cannot say`() throws {
        let cosine = try Schedule(SchedulePart(.warmup, ["steps": [5]])).followed(
            by: Schedule(SchedulePart(.cosine, ["to": [1e-7]])))
        let changed = recipe { $0.setSchedule(cosine) }
        #expect(changed.last == "schedule = warmup(5) + cosine(to = 1e-07)")
        #expect(!changed.contains { $0.hasPrefix("decay") })
        let linear = try Schedule(SchedulePart(.polynomial, ["power": [1]]))
        #expect(recipe { $0.setSchedule(linear) } == recipe { $0[.decay] = 1 })
        #expect(
            refusal {
                $0.setSchedule(cosine)
                $0.learningRate = 1e-8
            } == """
                error[bad-setting]: the schedule falls to 1e-07, and `learning_rate` is 1e-08
                   = hint: `to` is a rate, and no share of one: papers have 1e-6 or 1e-7

                """)
    }

    @Test func `a recipe names an optimizer's own settings`() {
        let line = { (change: (inout TrainingSettings) -> Void) in recipe(change).last }
        #expect(
            line {
                $0.optimizer = .adamw
                $0[.weightDecay] = 1e-3
            } == "optimizer = adamw, weight_decay 0.001")
        #expect(
            line {
                $0.optimizer = .sgd
                $0[.momentum] = 0.9
                $0.decayExemption = .none
            } == "optimizer = sgd, momentum 0.9")
        #expect(
            line {
                $0.optimizer = .muon
                $0[.weightDecay] = 0.1
                $0.decayExemption = .none
            } == "optimizer = muon, momentum 0.95, weight_decay 0.1, exempt none")
    }

    @Test func `every setting but the threads is part of the recipe`() {
        let settings = TrainingSettings(length: .steps(10))
        let lines = settings.recipeLines
        #expect(Set(lines.map(\.key)).count == lines.count)
        #expect(lines.allSatisfy { $0.key.hasPrefix("training.") })
        let changes: [(inout TrainingSettings) -> Void] = [
            { $0.length = .epochs(10) }, { $0.length = .steps(11) }, { $0.batch = 1 }, { $0.patch = 32 },
            { $0.learningRate = 1e-4 }, { $0[.decay] = 1 }, { $0.warmup = 5 }, { $0[.beta1] = 0.8 },
            { $0[.beta2] = 0.99 },
            { $0[.epsilon] = 1e-7 }, { $0.initialisation = .he }, { $0.loss = .logarithmicError },
            { $0.colour = .rgb },
            { $0.augmentation = .none }, { $0.seed = 1 }, { $0.optimizer = .muon },
        ]
        let later: [(inout TrainingSettings) -> Void] = [
            { $0.clip = .norm(1) }, { $0.clip = .value(1) }, { $0.average = 0.99 },
            { $0.frozen = ["extract"] },
            { $0.validation = ValidationSettings(every: 4) },
            { $0.patches = [StagedSize(steps: 10, size: 64)] },
            { $0.batches = [StagedSize(steps: 5, size: 8), StagedSize(steps: 5, size: 4)] },
            { $0.rates = [RoleRate(role: "extract", factor: 2)] },
        ]
        for change in changes + later {
            var changed = settings
            change(&changed)
            #expect(!changed.recipeLines.elementsEqual(lines, by: ==))
        }
        // Length, the changes above less the second length, the warmup and Muon, which are left out where
        // there are none, and the revision.
        #expect(lines.count == changes.count - 2)
        var muon = settings
        muon.optimizer = .muon
        let usual = muon.recipeLines
        muon[.momentum] = 0.9
        #expect(!muon.recipeLines.elementsEqual(usual, by: ==))
        muon.optimizer = .adam
        #expect(muon.recipeLines.elementsEqual(lines, by: ==))
        var threaded = settings
        threaded.threads += 1
        #expect(threaded.recipeLines.elementsEqual(lines, by: ==))
    }
}

struct FitTests {
    private func refusal(
        _ graph: Graph, _ images: SampleImages = .waves(1),
        _ change: (inout TrainingSettings) -> Void = { _ in }
    ) -> String {
        var settings = TrainingSettings(length: .steps(10))
        settings.patch = 32
        change(&settings)
        return message { () throws(Diagnostic) in try settings.check(graph, on: images) }
    }

    @Test func `settings, network and data that fit pass`() {
        #expect(refusal(.tiny) == "")
        #expect(refusal(GraphBuilder.coarseToFine()) == "")
        #expect(refusal(GraphBuilder.tiny(channels: 3)) { $0.colour = .rgb } == "")
    }

    @Test func `a patch that the network cannot halve names its neighbours that it can`() {
        #expect(
            refusal(GraphBuilder.coarseToFine()) { $0.patch = 30 } == """
                error[patch-multiple]: patches of 30 pixels cannot be halved as often as this network does: the side \
                must be a multiple of 4
                   = hint: `patch = 28` or `patch = 32` is nearest

                """)
        #expect(
            refusal(GraphBuilder.coarseToFine()) { $0.patch = 3 }.contains("hint: `patch = 4` is nearest\n"))
    }

    @Test func `a patch larger than an image names the image and the largest that fits`() {
        #expect(
            refusal(GraphBuilder.coarseToFine(), .waves(2, width: 48, height: 30)) == """
                error[patch-too-large]: patches of 32×32 do not fit into wave-0, which is 48×30
                   = hint: `patch = 28` is the largest that fits this network and this image

                """)
        #expect(
            refusal(GraphBuilder.coarseToFine(), .waves(1, width: 48, height: 3))
                .contains("hint: this network needs images of at least 4×4\n"))
    }

    @Test func `channels of network and colour must agree`() {
        #expect(
            refusal(GraphBuilder.tiny(channels: 3))
                == "error[channels]: the network reads 3 channels, and `colour = \"luma\"` gives it 1\n")
        var builder = GraphBuilder()
        let output = builder.conv(builder.input(1), 4, "wide")
        #expect(
            refusal(builder.graph([output]))
                == "error[channels]: the output `wide` has 4 channels, and the sharp image it is compared with has 1\n"
        )
    }

    @Test func `a network without outputs and data without images are refused`() {
        var builder = GraphBuilder()
        _ = builder.input(1)
        #expect(refusal(builder.graph([])).hasPrefix("error[no-outputs]: this network has no output"))
        #expect(
            refusal(.tiny, SampleImages(pairs: []))
                == "error[no-pictures]: there is no image to train on in 0 images\n")
    }
}
