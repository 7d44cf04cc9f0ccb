/// A user's mistake, as a value: what is wrong, where, what else has to do with it, and how to mend it.
///
/// Made by the named factories beside each subject (`Diagnostic.unknownName(…)`); laid out only by
/// ``Renderer``.
public struct Diagnostic: Error, Sendable, Equatable {
    /// A place and what to say beside its underline; an empty text underlines without a word.
    public struct Label: Sendable, Equatable {
        public let span: Span
        public let text: String

        public init(_ span: Span, _ text: String) {
            self.span = span
            self.text = text
        }
    }

    /// A stable name for the kind of mistake, such as `unknown-name`: printed, searchable, pinned by tests.
    public let code: String
    /// What is wrong, in one sentence without a full stop.
    public let message: String
    /// Where it is; `nil` where it is no place in a text (a file on disk, say) until a caller that knows adds
    /// one.
    public var primary: Label?
    /// Other places that have to do with it: the other side of a clash, the calls that led here.
    public var related: [Label]
    /// Facts that help, each a sentence.
    public var notes: [String]
    /// How to mend it, where that is known.
    public var hint: String?
    /// The argument of the call under way that it is about, where a layer that knows no calls finds it.
    public private(set) var argument: String?

    public init(
        _ code: String, _ message: String, at span: Span? = nil, related: [Label] = [], notes: [String] = [],
        hint: String? = nil
    ) {
        self.code = code
        self.message = message
        self.primary = span.map { Label($0, "") }
        self.related = related
        self.notes = notes
        self.hint = hint
    }

    /// The same diagnostic, pointing at `span` unless it points somewhere already.
    public func located(at span: Span) -> Diagnostic {
        guard primary == nil else { return self }
        var copy = self
        copy.primary = Label(span, "")
        return copy
    }

    /// The same diagnostic, with these words beside the place that it points at.
    public func labelled(_ text: String) -> Diagnostic {
        var copy = self
        copy.primary = primary.map { Label($0.span, text) }
        return copy
    }

    /// The same diagnostic, about the argument of this name of the call under way.
    public func of(argument: String) -> Diagnostic {
        var copy = self
        copy.argument = argument
        return copy
    }

    /// The same diagnostic with one more note.
    public func noted(_ note: String) -> Diagnostic {
        var copy = self
        copy.notes.append(note)
        return copy
    }

    /// The same diagnostic with one more related place.
    public func related(_ span: Span, _ text: String) -> Diagnostic {
        var copy = self
        copy.related.append(Label(span, text))
        return copy
    }
}
