import Diagnostics
import Kinds

/// What an argument can be. The check of a call, its messages, the reference and completion follow from it.
package indirect enum Kind: Sendable {
    case number
    /// A number of a unit: pixels, seconds, days.
    case numberOf(String)
    /// A whole number within bounds.
    case whole(ClosedRange<Int>)
    /// One of a few whole numbers.
    case wholeOf([Int])
    /// A range of whole numbers that is not empty, or one whole number.
    case range
    case boolean
    case text
    /// One of a few texts.
    case choice([String])
    /// The name of an experiment whose table is there.
    case experiment
    /// A column of the table that the call's first argument names, or several of them.
    case column, columns
    case path(Path)
    /// A list or a range, described in words.
    case list(String)
    /// A value that another layer brings into the language.
    case foreign(ForeignKind)
    case either([Kind])
    /// A kind in other words than its own.
    case described(String, Kind)
    /// Anything, described in words; what it must be is for the function to say.
    case anything(String)

    /// What a function does with the file or folder that a path names.
    package enum Path: Sendable { case reads, writes }

    /// A kind that a layer above the language knows.
    package struct ForeignKind: Sendable {
        /// With an article: `a dataset`.
        package let words: String
        package let accepts: @Sendable (Value) -> Bool
        /// How to mend a value that is refused.
        package let hint: @Sendable (Value) -> String?

        package init(
            _ words: String, accepts: @escaping @Sendable (Value) -> Bool,
            hint: @escaping @Sendable (Value) -> String? = { _ in nil }
        ) {
            self.words = words
            self.accepts = accepts
            self.hint = hint
        }

        /// The kind of all values of one type.
        /// - Parameter fromText: what makes one of the path that a text may be.
        package init<Foreign: ForeignValue>(of type: Foreign.Type, fromText: String? = nil) {
            self.init(Foreign.kind, accepts: { $0.as(type) != nil }) { value in
                if case .text = value { fromText } else { nil }
            }
        }
    }

    /// As a diagnostic and the reference say it.
    package var words: String {
        let words = alternatives
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }

    private var alternatives: [String] {
        switch self {
        case .number: ["a number"]
        case .numberOf(let unit): ["a number of \(unit)"]
        case .whole: ["a whole number"]
        case .wholeOf(let numbers): numbers.map { "\($0)" }
        case .range: ["a range of whole numbers"]
        case .boolean: ["true", "false"]
        case .text, .experiment, .column: ["a text"]
        case .choice(let texts): texts.map { "\"\($0)\"" }
        case .columns: ["a text", "a list of texts"]
        case .path: ["a path"]
        case .list(let words), .anything(let words), .described(let words, _): [words]
        case .foreign(let kind): [kind.words]
        case .either(let kinds): kinds.flatMap(\.alternatives)
        }
    }

    /// The texts that it lists.
    package var choices: [String] {
        switch self {
        case .choice(let texts): texts
        case .either(let kinds): kinds.flatMap(\.choices)
        case .described(_, let kind): kind.choices
        case .number, .numberOf, .whole, .wholeOf, .range, .boolean, .text, .experiment, .column, .columns,
            .path, .list, .foreign, .anything:
            []
        }
    }

    /// Whether a file or a folder is written where the argument says.
    package var isWritten: Bool {
        if case .path(.writes) = self { true } else { false }
    }

    /// The kinds of other layers that it lists.
    package var foreignKinds: [ForeignKind] {
        switch self {
        case .foreign(let kind): [kind]
        case .either(let kinds): kinds.flatMap(\.foreignKinds)
        case .described(_, let kind): kind.foreignKinds
        case .number, .numberOf, .whole, .wholeOf, .range, .boolean, .text, .choice, .experiment, .column,
            .columns, .path, .list, .anything:
            []
        }
    }

    /// Whether it can be the name of an experiment with a table.
    package var isExperiment: Bool {
        switch self {
        case .experiment: true
        case .either(let kinds): kinds.contains(where: \.isExperiment)
        case .described(_, let kind): kind.isExperiment
        case .number, .numberOf, .whole, .wholeOf, .range, .boolean, .text, .choice, .column, .columns,
            .path, .list, .foreign, .anything:
            false
        }
    }

    /// Whether it is a column of a table, or several.
    package var isColumn: Bool {
        switch self {
        case .column, .columns: true
        case .described(_, let kind): kind.isColumn
        case .number, .numberOf, .whole, .wholeOf, .range, .boolean, .text, .choice, .experiment, .path,
            .list, .foreign, .either, .anything:
            false
        }
    }

    /// Whether `value` is of this kind, whatever its bounds and choices.
    package func accepts(_ value: Value) -> Bool {
        switch (self, value) {
        case (.number, .number), (.numberOf, .number), (.whole, .number), (.wholeOf, .number),
            (.boolean, .boolean), (.text, .text), (.choice, .text), (.experiment, .text), (.column, .text),
            (.path, .text), (.range, .range):
            true
        case (.range, .number(let number)): number == number.rounded() && abs(number) < 1e6
        case (.columns, _):
            (value.elements ?? [value]).allSatisfy { if case .text = $0 { true } else { false } }
        case (.list, _): value.elements != nil
        case (.foreign(let kind), _): kind.accepts(value)
        case (.either(let kinds), _): kinds.contains { $0.accepts(value) }
        case (.described(_, let kind), _): kind.accepts(value)
        case (.anything, _): true
        case (.number, _), (.numberOf, _), (.whole, _), (.wholeOf, _), (.boolean, _), (.text, _),
            (.choice, _), (.experiment, _), (.column, _), (.path, _), (.range, _):
            false
        }
    }

    /// Checks a value that an argument is given.
    /// - Parameter what: what a message calls the argument.
    /// - Throws: `wrong-kind`, `out-of-range`, `unknown-choice`.
    package func check(_ value: Value, _ what: String, at span: Span) throws(Diagnostic) {
        guard accepts(value) else {
            throw .wrongKind(what, wanted: words, got: value, at: span, hint: hint(for: value))
        }
        switch (self, value) {
        case (.whole(let bounds), .number(let number)):
            guard number.isWhole(within: bounds) else {
                throw .outOfRange(what, wanted: Self.words(for: bounds), got: number, at: span)
            }
        case (.wholeOf(let numbers), .number(let number)):
            guard numbers.contains(where: { Double($0) == number }) else {
                throw .outOfRange(what, wanted: words, got: number, at: span)
            }
        case (.choice(let texts), .text(let text)):
            guard texts.contains(text) else {
                throw .unknownChoice(text, of: what, known: texts, at: span)
            }
        case (.range, .range(let low, let high)):
            guard low <= high else { throw .backwardsRange(what, low, high, at: span) }
        case (.either(let kinds), _):
            // What only one of the kinds can be, that one checks.
            let fitting = kinds.filter { $0.accepts(value) }
            if fitting.count == 1 { try fitting[0].check(value, what, at: span) }
        case (.described(_, let kind), _): try kind.check(value, what, at: span)
        case (.number, _), (.numberOf, _), (.whole, _), (.wholeOf, _), (.range, _), (.boolean, _), (.text, _),
            (.choice, _), (.experiment, _), (.column, _), (.columns, _), (.path, _), (.list, _),
            (.foreign, _), (.anything, _):
            break
        }
    }

    private func hint(for value: Value) -> String? {
        switch self {
        case .foreign(let kind): kind.hint(value)
        case .columns:
            value.elements?.first { if case .text = $0 { false } else { true } }.map { "it holds \($0.kind)" }
        case .either(let kinds): kinds.lazy.compactMap { $0.hint(for: value) }.first
        case .described(_, let kind): kind.hint(for: value)
        case .number, .numberOf, .whole, .wholeOf, .range, .boolean, .text, .choice, .experiment, .column,
            .path, .list, .anything:
            nil
        }
    }

    /// `a whole number from 1 to 64`
    package static func words(for bounds: ClosedRange<Int>) -> String {
        bounds == .min ... .max
            ? "a whole number"
            : bounds.lowerBound == bounds.upperBound
                ? "\(bounds.lowerBound)"
                : bounds.upperBound == .max
                    ? "a whole number from \(bounds.lowerBound) up"
                    : "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
    }
}

extension Kind {
    /// The names of an enumeration's cases.
    package static func choice<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) -> Kind {
        .choice(Choice.allCases.map(\.rawValue))
    }

    /// The names of a list of kinds.
    package static func choice<Choice: NamedKind>(_: Choice.Type) -> Kind { .choice(Choice.all.map(\.name)) }
}

extension Double {
    /// Whether it is a whole number within `bounds` that is told apart from its neighbours: beyond 2^53 a
    /// Double cannot do that.
    package func isWhole(within bounds: ClosedRange<Int>) -> Bool {
        self == rounded() && abs(self) <= 0x1p53 && bounds.contains(Int(self))
    }
}
