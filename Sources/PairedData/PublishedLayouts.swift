/// A published set of pairs that is divided and named in a way of its own: all that is known of it, in one
/// value.
///
/// A template is a path of folders and, last, an image without its ending. `*` stands for any text in a
/// name, `{split}` for the part of the set. Images whose texts for `*` are equal are a pair.
package struct PublishedLayout: Sendable {
    /// How many pairs were published, and in how many sequences or scenes.
    package struct Counts: Sendable {
        package let pairs: Int
        package var sequences: Int?
    }

    package let name: String
    package let splits: [String]
    /// List files that divide the set, one a kind of it; none where folders divide it.
    package var lists: [String] = []
    package let blurred: [(blur: Blur, templates: [String])]
    package let sharp: String
    /// The counts of each split.
    package let counts: [String: Counts]
    /// The counts of the whole set, where lists divide it.
    package var whole: Counts?

    /// Sources of structure and counts: Documentation/Data.md.
    package static let all: [PublishedLayout] = [
        PublishedLayout(
            name: "RealBlur", splits: ["train", "test"],
            lists: ["RealBlur_J_{split}_list.txt", "RealBlur_R_{split}_list.txt"],
            blurred: [(.linear, ["*/blur/blur_*"])], sharp: "*/gt/gt_*",
            counts: ["train": Counts(pairs: 3758), "test": Counts(pairs: 980)],
            whole: Counts(pairs: 4738, sequences: 232)),
        PublishedLayout(
            name: "RSBlur", splits: ["train", "val", "test"], lists: ["RSBlur_real_{split}.txt"],
            blurred: [(.linear, ["*/*/real_blur/real_blur"])], sharp: "*/*/gt/gt_sharp",
            counts: [
                "train": Counts(pairs: 8878), "val": Counts(pairs: 1120), "test": Counts(pairs: 3360),
            ],
            whole: Counts(pairs: 13358)),
        PublishedLayout(
            name: "HIDE", splits: ["train", "test"],
            blurred: [(.linear, ["{split}/*", "{split}/test-close-ups/*", "{split}/test-long-shot/*"])],
            sharp: "GT/*", counts: ["train": Counts(pairs: 6397), "test": Counts(pairs: 2025)]),
        PublishedLayout(
            name: "REDS", splits: ["train", "val", "test"],
            blurred: [
                (.linear, ["{split}/{split}_blur/*/*"]), (.jpeg, ["{split}/{split}_blur_jpeg/*/*"]),
            ],
            sharp: "{split}/{split}_sharp/*/*",
            counts: [
                "train": Counts(pairs: 24000, sequences: 240), "val": Counts(pairs: 3000, sequences: 30),
            ]),
        PublishedLayout(
            name: "BSD", splits: ["train", "valid", "test"],
            blurred: [(.linear, ["{split}/*/Blur/RGB/*"])], sharp: "{split}/*/Sharp/RGB/*",
            counts: [
                "train": Counts(pairs: 6000, sequences: 60), "valid": Counts(pairs: 2000, sequences: 20),
                "test": Counts(pairs: 3000, sequences: 20),
            ]),
    ]

    package var isDividedByFolders: Bool { lists.isEmpty }
}

/// The GoPro set as it was published [Nah, Kim & Lee 2017].
package enum PublishedGoPro {
    package static let pairs = ["train": 2103, "test": 1111]
    package static let sequences = ["train": 22, "test": 11]
    /// The test sequences with 77 and 134 pairs; the other nine have a hundred.
    package static let oddTestSequences = [77, 134]

    /// Whether sequences are named as the set's are.
    package static func isLike(_ units: [SetScan.Unit]) -> Bool {
        let named = units.count { $0.sequence.hasPrefix("GOPR") || $0.sequence.hasPrefix("GP") }
        return named > 0 && named == units.count
    }
}
