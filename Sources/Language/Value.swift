import Diagnostics
import Foundation
import OrderedCollections
import Syntax

/// What a name of the language can be bound to.
package enum Value {
    /// `none`: also of a function without `return`, and of an argument that is not given.
    case nothing
    case number(Double)
    case text(String)
    case boolean(Bool)
    // What is larger stands elsewhere, so that a list of numbers takes three words for each and not dozens.
    indirect case list(List)
    /// Whole numbers from the first to the second, both included; empty if the second is smaller.
    case range(Int, Int)
    indirect case record(OrderedDictionary<String, Value>)
    /// A block, a function or a network's definition, with some arguments given.
    indirect case callable(Callable)
    /// What another layer brings into the language: a network, a data set, an image.
    indirect case foreign(any ForeignValue)
    /// What only a run can tell, while an experiment's rows are planned or a script is checked.
    case pending

    /// What a diagnostic calls its kind.
    package var kind: String {
        switch self {
        case .nothing: "`none`"
        case .number: "a number"
        case .text: "a text"
        case .boolean(let boolean): boolean ? "`true`" : "`false`"
        case .list: "a list"
        case .range: "a range"
        case .record: "a record"
        case .callable(let callable): callable.kind
        case .foreign(let value): type(of: value).kind
        case .pending: "a result not known yet"
        }
    }

    /// Its kind as a heading: without an article.
    package var noun: String {
        if case .boolean = self { return "truth value" }
        if case .nothing = self { return "none" }
        return kind.split(separator: " ", maxSplits: 1).last.map(String.init) ?? kind
    }

    /// As `print` and `"{…}"` write it, in one line but for tables.
    package var description: String {
        switch self {
        case .nothing: "none"
        case .number(let number): formatted(number)
        case .text(let text): text
        case .boolean(let boolean): boolean ? "true" : "false"
        case .list(let list): "[" + list.elements.map(\.literal).joined(separator: ", ") + "]"
        case .range(let low, let high): "\(low)..\(high)"
        case .record(let fields):
            "{" + fields.map { "\($0.key) = \($0.value.literal)" }.joined(separator: ", ") + "}"
        case .callable(let callable): callable.description
        case .foreign(let value): value.description
        case .pending: "…"
        }
    }

    /// As it would be written in a script, where it can be: a text in its quotes.
    package var literal: String {
        if case .text(let text) = self { quoted(text) } else { description }
    }

    /// As a record's column shows it: measured numbers with four digits after the point.
    package var rounded: String {
        if case .number(let number) = self, number != number.rounded(), abs(number) >= 0.001 {
            return fixed(number, digits: 4)
        }
        return description
    }

    /// How many elements it has: a list, a range, or what another layer counts.
    package var elementCount: Int? {
        switch self {
        case .list(let list): list.elements.count
        case .range(let low, let high): max(0, high - low + 1)
        case .foreign(let value): value.elementCount
        case .nothing, .number, .text, .boolean, .record, .callable, .pending: nil
        }
    }

    /// Whether it, or something in it, is not known yet.
    package var isPending: Bool {
        switch self {
        case .pending: true
        case .list(let list): list.elements.contains { $0.isPending }
        case .nothing, .number, .text, .boolean, .range, .record, .callable, .foreign: false
        }
    }

    /// Its elements, if it is a list or a range.
    package var elements: [Value]? {
        switch self {
        case .list(let list): list.elements
        case .range(let low, let high): low > high ? [] : (low...high).map { .number(Double($0)) }
        case .nothing, .number, .text, .boolean, .record, .callable, .foreign, .pending: nil
        }
    }
}

/// How much is in a value: lists in lists, and settings in settings, could otherwise outgrow the stack, or
/// the age of the universe when `x = [x, x]` is repeated and printed.
package struct ValueSize {
    /// Levels of values inside each other.
    package let depth: Int
    /// Bytes of the values at all levels, itself among them, one that stands in several places counting in
    /// each; at most a little above ``Interpreter/valueLimit``.
    package let weight: Int

    package init(depth: Int = 0, weight: Int = MemoryLayout<Value>.stride) {
        self.depth = depth
        self.weight = weight
    }

    /// The size of what holds `values`.
    package init(holding values: some Sequence<Value>) {
        var (depth, weight) = (0, MemoryLayout<Value>.stride)
        for value in values {
            let inner = value.size
            depth = max(depth, inner.depth)
            weight = min(weight + inner.weight, 2 * Interpreter.valueLimit)
        }
        self.init(depth: depth + 1, weight: weight)
    }

    /// - Throws: `too-many`, `too-deep`.
    package func check(_ what: String, tooDeep: Diagnostic, at span: Span) throws(Diagnostic) {
        guard weight <= Interpreter.valueLimit else { throw .tooLarge(what, at: span) }
        guard depth <= Interpreter.listDepthLimit else { throw tooDeep }
    }
}

extension Value {
    package var size: ValueSize {
        switch self {
        case .list(let list): list.size
        case .callable(let callable): callable.size
        case .foreign(let value): value.size
        case .text(let text): ValueSize(weight: MemoryLayout<Value>.stride + text.utf8.count)
        case .nothing, .number, .boolean, .range, .record, .pending: ValueSize()
        }
    }
}

package struct List {
    package let elements: [Value]
    fileprivate let size: ValueSize

    package init(_ elements: [Value]) {
        self.elements = elements
        size = ValueSize(holding: elements)
    }

    /// A list that a script makes.
    /// - Throws: `too-many`, `too-deep`.
    package init(_ elements: [Value], at span: Span) throws(Diagnostic) {
        self.init(elements)
        try size.check("a list", tooDeep: .tooDeepList(at: span), at: span)
    }

    /// The elements of one list or range and then those of another, unless they are too many to be there at
    /// once.
    /// - Throws: as above, and `not-enough-memory`.
    package init?(joining left: Value, _ right: Value, at span: Span) throws(Diagnostic) {
        guard let first = left.elementCount, let second = right.elementCount else { return nil }
        let size = (first + second) * MemoryLayout<Value>.stride
        guard size <= Interpreter.valueLimit else { throw .tooLarge("a list", at: span) }
        // A range's elements are made for it besides.
        try Interpreter.checkMemory(2 * size, for: "this list", at: span)
        guard let a = left.elements, let b = right.elements else { return nil }
        try self.init(a + b, at: span)
    }
}

extension Value {
    /// Where it was defined, if it is something that is defined.
    package var definitionSpan: Span? {
        switch self {
        case .callable(let callable):
            if case .definition(let definition, _) = callable.code { definition.span } else { nil }
        case .foreign(let foreign): foreign.definitionSpan
        case .nothing, .number, .text, .boolean, .list, .range, .record, .pending: nil
        }
    }

    /// One line of at most about sixty characters.
    package var brief: String {
        let line = literal.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
        return line.count > 60 ? line.prefix(59) + "…" : line
    }
}
