import Data
import FirstWeights
import Kinds
import TrainingMethods

/// As a model's file keeps them. A setting that came later than the first files is left out where it has the
/// value that those trainings had, so that equal trainings give equal files.
extension TrainingSettings: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(length, forKey: Key("length"))
        try values.encode(batch, forKey: Key("batch"))
        try values.encode(patch, forKey: Key("patch"))
        try values.encode(learningRate, forKey: Key("learningRate"))
        if warmup != 0 { try values.encode(warmup, forKey: Key("warmup")) }
        try values.encode(initialisation.name, forKey: Key("initialisation"))
        try values.encode(loss.name, forKey: Key("loss"))
        try values.encodeIfPresent(definedLoss, forKey: Key("definedLoss"))
        try values.encodeIfPresent(schedule, forKey: Key("schedule"))
        if !Optimizer.namedByMomentum.contains(optimizer) {
            try values.encode(optimizer.name, forKey: Key("optimizer"))
        }
        try encodeLaterSettings(into: &values)
        for (setting, isOfChosen) in settingsOfAllKinds {
            let isWritten =
                switch setting.presence {
                case .always: true
                case .withKind: isOfChosen
                case .unlessStandard: !kindSettings.isStandard(setting)
                }
            if isWritten { try values.encode(self[setting], forKey: Key(setting.fileKey)) }
        }
        try values.encode(colour, forKey: Key("colour"))
        try values.encode(augmentation, forKey: Key("augmentation"))
        try values.encode(seed, forKey: Key("seed"))
        try values.encode(threads, forKey: Key("threads"))
    }

    /// - Throws: `DecodingError` for what is missing, of another type, or of an unknown name.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self.init(length: try values.decode(Length.self, forKey: Key("length")))
        batch = try values.decode(Int.self, forKey: Key("batch"))
        patch = try values.decode(Int.self, forKey: Key("patch"))
        learningRate = try values.decode(Double.self, forKey: Key("learningRate"))
        warmup = try values.decodeIfPresent(Int.self, forKey: Key("warmup")) ?? 0
        initialisation = try Self.kind("initialisation", Initialisation.self, in: values)
        loss = try Self.kind("loss", Loss.self, in: values)
        definedLoss = try values.decodeIfPresent(DefinedLoss.self, forKey: Key("definedLoss"))
        if values.contains(Key("optimizer")) {
            optimizer = try Self.kind("optimizer", Optimizer.self, in: values)
        } else if values.contains(Key(Setting.momentum.fileKey)) {
            optimizer = .muon
        }
        try decodeLaterSettings(from: values)
        let schedule = try values.decodeIfPresent(Schedule.self, forKey: Key("schedule"))
        for (setting, _) in settingsOfAllKinds {
            let key = Key(setting.fileKey)
            switch setting.presence {
            case .always: self[setting] = try values.decode(Double.self, forKey: key)
            case .withKind, .unlessStandard:
                if let value = try values.decodeIfPresent(Double.self, forKey: key) { self[setting] = value }
            }
        }
        if let schedule { setSchedule(schedule) }
        colour = try values.decode(Colour.self, forKey: Key("colour"))
        augmentation = try values.decode(Augmentation.self, forKey: Key("augmentation"))
        seed = try values.decode(Int.self, forKey: Key("seed"))
        threads = try values.decode(Int.self, forKey: Key("threads"))
    }

    private static func kind<Kind: NamedKind>(
        _ key: String, _: Kind.Type, in values: KeyedDecodingContainer<Key>
    ) throws -> Kind {
        let name = try values.decode(String.self, forKey: Key(key))
        guard let kind = Kind.named(name) else {
            throw DecodingError.dataCorruptedError(
                forKey: Key(key), in: values, debugDescription: "no \(key) of this name is known")
        }
        return kind
    }

    /// What trainings could not have at first, where this one has it.
    private func encodeLaterSettings(into values: inout KeyedEncodingContainer<Key>) throws {
        if !patches.isEmpty { try values.encode(patches, forKey: Key("patches")) }
        if !batches.isEmpty { try values.encode(batches, forKey: Key("batches")) }
        switch clip {
        case .norm(let limit): try values.encode(limit, forKey: Key("clipNorm"))
        case .value(let limit): try values.encode(limit, forKey: Key("clipValue"))
        case nil: break
        }
        try values.encodeIfPresent(average, forKey: Key("average"))
        try values.encodeIfPresent(validation, forKey: Key("validation"))
        if !frozen.isEmpty { try values.encode(frozen, forKey: Key("frozen")) }
        if !rates.isEmpty { try values.encode(rates, forKey: Key("rates")) }
        if decayExemption != .vectors {
            try values.encode(decayExemption.name, forKey: Key("decayExemption"))
        }
    }

    private mutating func decodeLaterSettings(from values: KeyedDecodingContainer<Key>) throws {
        patches = try values.decodeIfPresent([StagedSize].self, forKey: Key("patches")) ?? []
        batches = try values.decodeIfPresent([StagedSize].self, forKey: Key("batches")) ?? []
        if let limit = try values.decodeIfPresent(Double.self, forKey: Key("clipNorm")) {
            clip = .norm(limit)
        } else if let limit = try values.decodeIfPresent(Double.self, forKey: Key("clipValue")) {
            clip = .value(limit)
        }
        average = try values.decodeIfPresent(Double.self, forKey: Key("average"))
        validation = try values.decodeIfPresent(ValidationSettings.self, forKey: Key("validation"))
        frozen = try values.decodeIfPresent([String].self, forKey: Key("frozen")) ?? []
        rates = try values.decodeIfPresent([RoleRate].self, forKey: Key("rates")) ?? []
        if values.contains(Key("decayExemption")) {
            decayExemption = try Self.kind("decayExemption", DecayExemption.self, in: values)
        }
    }

    /// The settings of all kinds, each once, and whether it tunes one that is chosen.
    var settingsOfAllKinds: [(setting: Setting, isOfChosen: Bool)] {
        func settings<Kind: NamedKind>(_ chosen: Kind) -> [(setting: Setting, isOfChosen: Bool)] {
            Kind.allSettings.map { ($0.setting, $0.kinds.contains(chosen.name)) }
        }
        return [(.decay, schedule == nil)] + settings(initialisation) + settings(loss) + settings(optimizer)
    }
}

extension Optimizer {
    /// Those that files told apart by the presence of `momentum` before they named the optimiser.
    fileprivate static let namedByMomentum = [adam, muon]
}
