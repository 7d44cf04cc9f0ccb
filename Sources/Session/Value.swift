import Data
import Diagnostics
import Foundation
import Graph
import Images
import OrderedCollections
import Syntax
import Tables
import Training

/// What a name of the language can be bound to.
enum Value {
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
    /// A network with its settings, ready to be traced.
    indirect case network(Network)
    indirect case sharing(SharingMode)
    indirect case dataset(any Dataset)
    indirect case model(Model)
    indirect case table(TextTable)
    indirect case image(Image)
    /// A feature map, while a network is traced.
    indirect case feature(Feature)
    /// What only a run can tell, while an experiment's rows are planned or a script is checked.
    case pending

    /// What a diagnostic calls its kind.
    var kind: String {
        switch self {
        case .nothing: "`none`"
        case .number: "a number"
        case .text: "a text"
        case .boolean(let boolean): boolean ? "`true`" : "`false`"
        case .list: "a list"
        case .range: "a range"
        case .record: "a record"
        case .callable(let callable): callable.kind
        case .network: "a network"
        case .sharing: "a sharing mode"
        case .dataset: "a dataset"
        case .model: "a model"
        case .table: "a table"
        case .image: "an image"
        case .feature: "a feature map"
        case .pending: "a result not known yet"
        }
    }

    /// Its kind as a heading: without an article.
    var noun: String {
        if case .boolean = self { return "truth value" }
        if case .nothing = self { return "none" }
        return kind.split(separator: " ", maxSplits: 1).last.map(String.init) ?? kind
    }

    /// As `print` and `"{…}"` write it, in one line but for tables.
    var description: String {
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
        case .network(let network): network.description
        case .sharing(let mode): mode.name
        case .dataset(let dataset): dataset.description
        case .model(let model): model.description
        case .table(let table): table.text
        case .image(let image):
            "image \(image.width)×\(image.height), \(image.channels == 1 ? "grey" : "colour")"
        case .feature(let feature): "feature map of \(feature.shape)"
        case .pending: "…"
        }
    }

    /// As it would be written in a script, where it can be: a text in its quotes.
    var literal: String {
        if case .text(let text) = self { quoted(text) } else { description }
    }

    /// As a record's column shows it: measured numbers with four digits after the point.
    var rounded: String {
        if case .number(let number) = self, number != number.rounded(), abs(number) >= 0.001 {
            return fixed(number, digits: 4)
        }
        return description
    }

    /// How many elements it has, if it is a list or a range.
    var elementCount: Int? {
        switch self {
        case .list(let list): list.elements.count
        case .range(let low, let high): max(0, high - low + 1)
        case .nothing, .number, .text, .boolean, .record, .callable, .network, .sharing, .dataset, .model,
            .table, .image, .feature, .pending:
            nil
        }
    }

    /// Its elements, if it is a list or a range.
    var elements: [Value]? {
        switch self {
        case .list(let list): list.elements
        case .range(let low, let high): low > high ? [] : (low...high).map { .number(Double($0)) }
        case .nothing, .number, .text, .boolean, .record, .callable, .network, .sharing, .dataset, .model,
            .table,
            .image, .feature, .pending:
            nil
        }
    }
}

/// How much is in a value: lists in lists, and settings in settings, could otherwise outgrow the stack, or
/// the age of the universe when `x = [x, x]` is repeated and printed.
struct Extent {
    /// Levels of values inside each other.
    let depth: Int
    /// Bytes of the values at all levels, itself among them, one that stands in several places counting in
    /// each; at most a little above ``Session/valueLimit``.
    let weight: Int

    init(depth: Int = 0, weight: Int = MemoryLayout<Value>.stride) {
        self.depth = depth
        self.weight = weight
    }

    /// Of what holds `values`.
    init(holding values: some Sequence<Value>) {
        var (depth, weight) = (0, MemoryLayout<Value>.stride)
        for value in values {
            let inner = value.extent
            depth = max(depth, inner.depth)
            weight = min(weight + inner.weight, 2 * Session.valueLimit)
        }
        self.init(depth: depth + 1, weight: weight)
    }

    /// - Throws: `too-many`, `too-deep`.
    func check(_ what: String, tooDeep: Diagnostic, at span: Span) throws(Diagnostic) {
        guard weight <= Session.valueLimit else { throw .tooLarge(what, at: span) }
        guard depth <= Session.listDepthLimit else { throw tooDeep }
    }
}

extension Value {
    var extent: Extent {
        switch self {
        case .list(let list): list.extent
        case .callable(let callable): callable.extent
        case .network(let network): network.extent
        case .model(let model): model.network.extent
        case .text(let text): Extent(weight: MemoryLayout<Value>.stride + text.utf8.count)
        case .nothing, .number, .boolean, .range, .record, .sharing, .dataset, .table, .image, .feature,
            .pending:
            Extent()
        }
    }
}

struct List {
    let elements: [Value]
    fileprivate let extent: Extent

    init(_ elements: [Value]) {
        self.elements = elements
        extent = Extent(holding: elements)
    }

    /// A list that a script makes.
    /// - Throws: `too-many`, `too-deep`.
    init(_ elements: [Value], at span: Span) throws(Diagnostic) {
        self.init(elements)
        try extent.check("a list", tooDeep: .tooDeepList(at: span), at: span)
    }

    /// The elements of one list or range and then those of another, unless they are too many to be there at
    /// once.
    /// - Throws: as above, and `not-enough-memory`.
    init?(joining left: Value, _ right: Value, at span: Span) throws(Diagnostic) {
        guard let first = left.elementCount, let second = right.elementCount else { return nil }
        let size = (first + second) * MemoryLayout<Value>.stride
        guard size <= Session.valueLimit else { throw .tooLarge("a list", at: span) }
        // A range's elements are made for it besides.
        try Session.checkMemory(2 * size, for: "this list", at: span)
        guard let a = left.elements, let b = right.elements else { return nil }
        try self.init(a + b, at: span)
    }
}

/// A number as people write it: whole ones without a point, others by their shortest exact form.
func formatted(_ number: Double) -> String {
    if number == number.rounded(), abs(number) < 1e15 { return String(Int(number)) }
    return "\(number)"
}

func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
        switch character {
        case "\"", "\\", "{", "}": result += "\\\(character)"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        default: result.append(character)
        }
    }
    return result + "\""
}

/// A sharing mode as declared: for each role the indices that its weights depend on.
struct SharingMode {
    let definition: SharingDefinition

    var name: String { definition.name.value }

    func rule(for role: String) -> SharingDefinition.Rule? {
        definition.rules.first { $0.role.value == role }
    }
}

/// A feature map in the network being traced.
struct Feature {
    let node: NodeID
    let shape: Shape
    /// Which trace it belongs to: a feature map kept beyond its trace means nothing to another.
    let trace: ObjectIdentifier
}
