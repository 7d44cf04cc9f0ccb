import Kinds

/// The random changes of a patch before a network sees it, the same for both images of the pair but for the
/// noise; those of single patches as the code of Nah et al. makes them (`augment` and `add_noise` in
/// https://github.com/SeungjunNah/DeepDeblur-PyTorch, `src/data/common.py`).
public struct Augmentation: Sendable, Equatable {
    /// In the order of their list.
    public let kinds: [AugmentationKind]

    public static let none = Augmentation([])
    /// Flips and quarter turns: the eight symmetries of a square.
    public static let geometric = Augmentation([.flips, .turns])

    public init(_ kinds: [AugmentationKind]) {
        self.kinds = AugmentationKind.all.filter { kinds.contains($0) }
    }

    /// For a recipe: `true` and `false` for ``geometric`` and ``none``, the only ones that recipes named at
    /// first; or a list.
    public var description: String {
        self == .geometric ? "true" : self == .none ? "false" : kinds.map(\.name).joined(separator: ", ")
    }
}

/// One random change of a patch.
public struct AugmentationKind: NamedKind {
    public static let all = [flips, turns, colours, saturation, noise] + mixing
    /// Those that take from another patch of the batch; files had none of them at first.
    public static let mixing = [mixup, cutmix]

    public let name: String
    public let about: String
    let phase: Phase
    /// Draws what this patch gets.
    let draw: @Sendable (inout PatchDraw, inout RandomSource) -> Void

    /// Kinds draw from a patch's stream in the order of their phases, and within one in that of the list.
    enum Phase: Int, CaseIterable {
        case rotation, reflection, values, mixing
    }

    init(
        _ name: String, _ about: String, _ phase: Phase,
        draw: @escaping @Sendable (inout PatchDraw, inout RandomSource) -> Void
    ) {
        (self.name, self.about, self.phase, self.draw) = (name, about, phase, draw)
    }

    public static let flips = AugmentationKind(
        "flips", "left and right exchanged, half of the time", .reflection
    ) {
        $0.isFlipped = $1.chance(0.5)
    }

    public static let turns = AugmentationKind("turns", "rotations by none to three right angles", .rotation)
    {
        $0.quarterTurns = $1.integer(in: 0...3)
    }

    /// A grey image stays as it is.
    public static let colours = AugmentationKind(
        "colours", "the channels in another order, all six with equal probability", .values
    ) {
        $0.channels = $1.permutation(of: 3)
    }

    /// A grey image stays as it is.
    public static let saturation = AugmentationKind(
        "saturation", "saturation in HSV times 0.5 to 1.5", .values
    ) {
        $0.saturation = Float($1.uniform(0.5, 1.5))
    }

    /// Added to the channels as the network reads them, and clamped to 0…1. The deviation is itself drawn for
    /// each patch, normal of deviation 2/255.
    public static let noise = AugmentationKind("noise", "Gaussian noise on the blurred patch", .values) {
        $0.noise = Float(abs($1.gaussian()) * 2 / 255)
    }
}

extension AugmentationKind {
    /// MixUp [Zhang et al. 2018] as restoration has it (Zamir et al. 2022, `Mixing_Augment` in
    /// https://github.com/swz30/Restormer, `basicsr/models/image_restoration_model.py`): the share is of the
    /// beta distribution of 1.2.
    public static let mixup = AugmentationKind(
        "mixup", "half of the time the weighted mean with another patch of the batch", .mixing
    ) {
        guard $1.chance(0.5) else { return }
        let choice = $1.uniform()
        $0.mix = PatchMix(form: .blend(Float($1.beta(1.2))), choice: choice)
    }

    /// CutMix [Yun et al. 2019], which Yoo et al. [2020] brought to restoration. It replaces what MixUp drew.
    public static let cutmix = AugmentationKind(
        "cutmix", "half of the time a square of another patch of the batch pasted in", .mixing
    ) {
        guard $1.chance(0.5) else { return }
        let choice = $1.uniform()
        let side = (1 - $1.uniform()).squareRoot()
        let square = PatchMix.Square(x: $1.uniform(), y: $1.uniform(), side: side)
        $0.mix = PatchMix(form: .paste(square), choice: choice)
    }
}

extension Augmentation: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// - Throws: `DecodingError` for what is no true or false, or of a kind that is not known.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        var chosen: [AugmentationKind] = []
        for key in values.allKeys where try values.decode(Bool.self, forKey: key) {
            guard let kind = AugmentationKind.named(key.stringValue) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: values, debugDescription: "an augmentation of an unknown kind")
            }
            chosen.append(kind)
        }
        self.init(chosen)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        for kind in AugmentationKind.all where kinds.contains(kind) || !AugmentationKind.mixing.contains(kind)
        {
            try values.encode(kinds.contains(kind), forKey: Key(stringValue: kind.name))
        }
    }
}
