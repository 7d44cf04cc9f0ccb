import Diagnostics

/// A number that tunes a kind: its name in scripts, what it may be, and what help says of it.
public struct Setting: Sendable {
    /// When a file or a recipe names the setting. What was published before a setting existed stays as it
    /// was.
    public enum Presence: Sendable {
        case always
        /// Where one of its kinds is chosen.
        case withKind
        /// Where it has another value than ``standard``.
        case unlessStandard
    }

    /// As a script and a recipe write it: `loss_floor`.
    public let name: String
    /// Its value where none is given.
    public let standard: Double
    public let bounds: Bounds
    public let presence: Presence
    /// What to try where a value is refused: a sentence without a capital and a full stop.
    public let hint: String
    /// What it sets, for help; empty where the name says it.
    public let about: String

    public init(
        _ name: String, _ standard: Double, _ bounds: Bounds, written presence: Presence, hint: String,
        about: String = ""
    ) {
        (self.name, self.standard, self.bounds) = (name, standard, bounds)
        (self.presence, self.hint, self.about) = (presence, hint, about)
    }

    /// The numbers that a setting may be.
    public enum Bounds: Sendable {
        /// 0 < value ≤ limit.
        case positive(upTo: Double)
        /// 0 ≤ value < limit.
        case below(Double)
        /// 0 ≤ value ≤ limit.
        case upTo(Double)

        func contains(_ value: Double) -> Bool {
            switch self {
            case .positive(let limit): value > 0 && value <= limit
            case .below(let limit): value >= 0 && value < limit
            case .upTo(let limit): value >= 0 && value <= limit
            }
        }

        var words: String {
            switch self {
            case .positive(let limit): "above 0 and at most \(Int(limit))"
            case .below(let limit): "at least 0 and below \(Int(limit))"
            case .upTo(let limit): "at least 0 and at most \(Int(limit))"
            }
        }
    }

    /// As a model's file writes it: `lossFloor`.
    public var fileKey: String {
        let words = name.split(separator: "_")
        return words.dropFirst().reduce(String(words.first ?? "")) {
            $0 + $1.prefix(1).uppercased() + $1.dropFirst()
        }
    }

    /// - Throws: `bad-setting`.
    /// - Parameter argument: what the value's own function calls the setting; its name by default.
    public func check(_ value: Double, as argument: String? = nil) throws(Diagnostic) {
        guard value.isFinite, bounds.contains(value) else {
            throw .badSetting(argument ?? name, plainText(value), bounds.words, hint: hint)
        }
    }
}

extension Diagnostic {
    public static func badSetting(
        _ name: String, _ value: String, _ expected: String, hint: String?
    ) -> Diagnostic {
        Diagnostic("bad-setting", "`\(name)` must be \(expected), not \(value)", hint: hint)
            .of(argument: name)
    }
}
