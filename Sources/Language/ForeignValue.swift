import Diagnostics
import Syntax

/// A kind of value that another layer brings into the language: an image, a data set, a network.
package protocol ForeignValue: SendableMetatype {
    /// What a diagnostic calls the kind, with its article: `an image`.
    static var kind: String { get }
    /// As `print` and `"{…}"` write it.
    var description: String { get }
    /// How much is in it.
    var size: ValueSize { get }
    /// How many elements `count` finds; `nil` where it has none.
    var elementCount: Int? { get }
    /// Whether it is a setting that a column of a table can name, as a network and a sharing mode are.
    var isSetting: Bool { get }
    /// What a call of it calls; `nil` where it cannot be called.
    var callable: Callable? { get }
    /// Where it was defined, if it is something that is defined.
    var definitionSpan: Span? { get }
    /// What `source` prints of it; `nil` where it has no source.
    var source: String? { get }

    /// Whether it is what `other` is; `nil` where values of this kind cannot be compared.
    func equals(_ other: Value) -> Bool?

    /// The value of an operator of two operands of which this is one; `nil` where the operator means nothing
    /// for them.
    func combined(_ operation: BinaryOperation) throws(Diagnostic) -> Value?

    /// The value of a function that numbers have, such as `abs(x)`; `nil` where that means nothing.
    func value(of function: String, at span: Span) throws(Diagnostic) -> Value?

    /// The value of `-x`; `nil` where that means nothing.
    func negated(at span: Span) throws(Diagnostic) -> Value?

    /// What to say to somebody who writes `x[1]`.
    var elementHint: String? { get }

    /// - Throws: where a name cannot be bound to it here.
    func checkBinding(at span: Span) throws(Diagnostic)

    /// What is meant by `written.name`, for a value without fields.
    func hint(forField name: String, written: String) -> String?
}

/// An operator with its operands and their places in the source.
package struct BinaryOperation {
    package let left: Value
    package let operation: BinaryOperator
    package let right: Value
    package let span: Span
    package let leftSpan: Span
    package let rightSpan: Span
}

extension ForeignValue {
    package var size: ValueSize { ValueSize() }
    package var elementCount: Int? { nil }
    package var isSetting: Bool { false }
    package var callable: Callable? { nil }
    package var definitionSpan: Span? { nil }
    package var source: String? { nil }
    package var elementHint: String? { nil }

    package func checkBinding(at span: Span) throws(Diagnostic) {}
    package func equals(_ other: Value) -> Bool? { nil }
    package func combined(_ operation: BinaryOperation) throws(Diagnostic) -> Value? { nil }
    package func value(of function: String, at span: Span) throws(Diagnostic) -> Value? { nil }
    package func negated(at span: Span) throws(Diagnostic) -> Value? { nil }
    package func hint(forField name: String, written: String) -> String? { nil }
}

extension Value {
    /// The foreign value, if it is one of this type.
    package func `as`<Foreign>(_: Foreign.Type) -> Foreign? {
        if case .foreign(let value) = self { value as? Foreign } else { nil }
    }
}
