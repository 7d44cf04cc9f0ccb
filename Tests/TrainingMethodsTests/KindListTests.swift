import Data
import FirstWeights
import Images
import Kinds
import Testing
import TrainingMethods

/// What every list of kinds holds to.
struct KindListTests {
    private func expectSound<Kind: NamedKind>(_: Kind.Type) {
        let names = Kind.all.map(\.name)
        #expect(Set(names).count == names.count, "\(Kind.self): \(names)")
        for kind in Kind.all {
            #expect(Kind.named(kind.name) == kind)
            #expect(!kind.about.isEmpty && !kind.about.hasSuffix("."), "\(kind.name): \(kind.about)")
            for setting in kind.settings {
                #expect(throws: Never.self) { try setting.check(setting.standard) }
                #expect(throws: (any Error).self) { try setting.check(.nan) }
            }
        }
        #expect(Kind.named("nonsense") == nil)
    }

    @Test func `names of a list are its own, and each kind says what it is`() {
        expectSound(Loss.self)
        expectSound(Optimizer.self)
        expectSound(DecayExemption.self)
        expectSound(ScheduleKind.self)
        expectSound(Initialisation.self)
        expectSound(AugmentationKind.self)
        expectSound(PSNRProfile.self)
        expectSound(SSIMProfile.self)
        expectSound(ScoringProtocol.self)
    }

    @Test func `settings that two kinds share are one`() {
        let settings = Optimizer.allSettings
        let names = settings.map(\.setting.name)
        #expect(names.sorted() == ["beta1", "beta2", "epsilon", "momentum", "weight_decay"])
        #expect(settings.first { $0.setting.name == "beta1" }?.kinds == ["adam", "adamw", "muon"])
        #expect(settings.first { $0.setting.name == "momentum" }?.kinds == ["sgd", "muon"])
    }

    @Test(arguments: [
        (Setting.Bounds.positive(upTo: 2), [0.1, 2], [0, -1, 2.1, .infinity]),
        (.below(1), [0, 0.99], [1, -0.1, .nan]), (.upTo(10), [0, 10], [-0.1, 10.1]),
    ])
    func `a setting refuses what lies outside of its bounds`(
        bounds: Setting.Bounds, good: [Double], bad: [Double]
    ) {
        let setting = Setting("some_setting", 0.5, bounds, written: .always, hint: "0.5 is usual")
        #expect(setting.fileKey == "someSetting")
        for value in good { #expect(throws: Never.self) { try setting.check(value) } }
        for value in bad { #expect(throws: (any Error).self) { try setting.check(value) } }
    }

    @Test func `values that are set to the standard are as if they had not been set`() {
        var values = SettingValues()
        values[.momentum] = 0.5
        #expect(values[.momentum] == 0.5 && !values.isStandard(.momentum))
        values[.momentum] = Setting.momentum.standard
        #expect(values == SettingValues())
    }
}
