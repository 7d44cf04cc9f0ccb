import Files

/// Everything that determines a run, as readable lines: the values of the grid's axes, then what was made of
/// them (the network's hash, the data's, each setting of the training, the metric's profile, the columns
/// recorded …).
///
/// Two runs with equal recipes give equal numbers, so a row is run again exactly when its recipe has changed;
/// and because the recipe is kept in words beside the table, the program can say what changed.
public struct Recipe: Sendable, Equatable {
    public struct Line: Sendable, Equatable {
        public let key: String
        public let value: String

        /// - Precondition: `key` is not empty and holds no equals sign, line break or space at its ends.
        public init(_ key: String, _ value: String) {
            precondition(Self.isKey(key), "`\(key)` cannot be the key of a recipe's line")
            self.key = key
            self.value = value
        }

        fileprivate static func isKey(_ key: String) -> Bool {
            !key.isEmpty && key.first != " " && key.last != " "
                && !key.utf8.contains { $0 == UInt8(ascii: "=") || $0 == 0x0A || $0 == 0x0D }
        }
    }

    private static let axisPrefix = "axis."

    /// The row's place in the grid: axis name and value. They tell apart rows that compute the same.
    public let axes: [Line]
    public let inputs: [Line]

    /// - Precondition: keys are unique, and none of `inputs` begins with `axis.`.
    public init(axes: [Line], inputs: [Line]) {
        precondition(Self.areUnique(axes) && Self.areUnique(inputs), "a recipe names a key twice")
        precondition(
            !inputs.contains { $0.key.hasPrefix(Self.axisPrefix) },
            "an input of a recipe is named like an axis")
        self.axes = axes
        self.inputs = inputs
    }

    /// Reads back ``text``; `nil` if it is no recipe.
    public init?(text: String) {
        var axes: [Line] = []
        var inputs: [Line] = []
        guard let lines = KeyedLines.parse(text) else { return nil }
        for (key, value) in lines {
            guard Line.isKey(key) else { return nil }
            if key.hasPrefix(Self.axisPrefix), Line.isKey(String(key.dropFirst(Self.axisPrefix.count))) {
                axes.append(Line(String(key.dropFirst(Self.axisPrefix.count)), value))
            } else {
                inputs.append(Line(key, value))
            }
        }
        guard Self.areUnique(axes), Self.areUnique(inputs) else { return nil }
        self.axes = axes
        self.inputs = inputs
    }

    private static func areUnique(_ lines: [Line]) -> Bool { Set(lines.map(\.key)).count == lines.count }

    /// One `key = value` a line; in a value, a backslash is doubled and a line break is `\n` or `\r`.
    public var text: String {
        KeyedLines.text(lines.map { ($0.key, $0.value) })
    }

    /// The first 16 hexadecimal digits of the SHA-256 of ``text`` in UTF-8:
    /// `sha256sum FINGERPRINT/recipe | cut -c 1-16` gives the same.
    public var fingerprint: String { shortDigest(text) }

    /// Whether `text` has the form of a ``fingerprint``.
    public static func isFingerprint(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 16
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// What became different since `old`, a sentence each, in the order of the lines: `training.steps: 1500 →
    /// 3000`, or `training.network has changed` where only its hash is known.
    public func changes(since old: Recipe) -> [String] {
        let before = Dictionary(uniqueKeysWithValues: old.lines.map { ($0.key, $0.value) })
        let now = Set(lines.map(\.key))
        // What a run's hash stands for is listed too.
        let runs = Set((inputs + old.inputs).filter { $0.key.hasSuffix(".run") }.map(\.value))
        var changes: [String] = []
        for line in lines where before[line.key] != line.value && !runs.contains(line.value) {
            let former = before[line.key]
            if let former, isHash(former), isHash(line.value) {
                changes.append("\(line.key) has changed")
            } else {
                changes.append("\(line.key): \(former.map(shorten) ?? "nothing") → \(shorten(line.value))")
            }
        }
        for line in old.lines where !now.contains(line.key) && !runs.contains(line.value) {
            changes.append("\(line.key): \(shorten(line.value)) → nothing")
        }
        return changes
    }

    /// Axes and inputs, as they stand in ``text``.
    package var lines: [Line] { axes.map { Line(Self.axisPrefix + $0.key, $0.value) } + inputs }
}

/// Whether a value is a SHA-256 or the first sixteen digits of one, and no long number.
private func isHash(_ value: String) -> Bool {
    (value.utf8.count == 64 ? Recipe.isFingerprint(value.prefix(16)) : Recipe.isFingerprint(value))
        && value.utf8.contains { $0 >= UInt8(ascii: "a") }
}

/// Long values (lists of widths, paths) are cut for display; equality is always of the whole.
private func shorten(_ value: String) -> String {
    value.isEmpty ? "nothing" : value.count > 60 ? value.prefix(59) + "…" : KeyedLines.escaped(value)
}
