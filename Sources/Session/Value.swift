import Data
import Diagnostics
import Experiments
import Foundation
import Graph
import Images
import OrderedCollections
import Syntax
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

/// A trained network, or in a rehearsal the plan of one.
struct Model {
    let network: Network
    private let lazyWeights: LazyWeights
    /// What determines it: the network, the data, every setting; of a loaded model the network and its
    /// weights.
    let recipe: Recipe
    /// What it takes to go on with its training; `nil` where that is not known any more.
    var course: TrainingCourse?
    /// What its file says about where it comes from, by key.
    var notes: [String: String] = [:]

    /// - Parameter trained: `nil` in a rehearsal, where nothing is trained.
    init(
        network: Network, trained: TrainedModel?, recipe: Recipe, course: TrainingCourse? = nil,
        notes: [String: String] = [:]
    ) {
        (self.network, self.recipe, self.course, self.notes) = (network, recipe, course, notes)
        lazyWeights = LazyWeights(made: trained)
    }

    /// - Parameter train: gives the model, where anything asks for it.
    init(
        network: Network, recipe: Recipe, notes: [String: String] = [:], train: @escaping LazyWeights.Maker
    ) {
        (self.network, self.recipe, self.notes) = (network, recipe, notes)
        lazyWeights = LazyWeights(maker: train)
    }

    /// The model with its weights, trained again where the results came without it; `nil` in a rehearsal.
    var trained: TrainedModel? {
        get throws(Diagnostic) { try lazyWeights.value }
    }

    /// The same, of a model that ``isTrained``.
    func weights() throws(Diagnostic) -> TrainedModel {
        guard let trained = try trained else { preconditionFailure("a rehearsal has no weights") }
        return trained
    }

    /// Whether there are weights, here or to be made: not in a rehearsal.
    var isTrained: Bool { lazyWeights.isThere }

    /// The weights where the model need not be trained for them.
    var atHand: TrainedModel? { lazyWeights.made }

    var description: String {
        guard let trained = atHand else {
            return
                "model of \(network.description), \(isTrained ? "its weights not loaded" : "not trained yet")"
        }
        return "model of \(network.description), \(counted(trained.steps, "step"))"
    }

    /// What a person wants to know of it, in two lines.
    var summary: String {
        guard let trained = atHand else { return description }
        if trained.steps == 0, let file = notes["weights"] {
            return "model of \(network.description)\n  with the weights of \(file), not trained since"
        }
        return "model of \(network.description)\n  \(trained.course)"
    }
}

/// A model's weights, made when they are first asked for: what is scored already needs none.
final class LazyWeights {
    typealias Maker = () throws(Diagnostic) -> TrainedModel?

    private(set) var made: TrainedModel?
    private var maker: Maker?

    init(made: TrainedModel?) { self.made = made }

    init(maker: @escaping Maker) { self.maker = maker }

    var isThere: Bool { made != nil || maker != nil }

    var value: TrainedModel? {
        get throws(Diagnostic) {
            if let maker {
                made = try maker()
                self.maker = nil
            }
            return made
        }
    }
}

extension TrainedModel {
    /// `trained for 300 steps, 8 patches of 64×64 each, in 12.4 s, loss 0.002151, 27.31 ± 0.14 dB on its last
    /// 100 batches`
    var course: String {
        var facts = [
            isInterrupted
                ? "stopped after \(steps) of \(counted(plannedSteps, "step"))"
                : "trained for \(counted(steps, "step"))",
            "\(counted(settings.batch, "patch", plural: "patches")) of \(settings.patch)×\(settings.patch) each",
            "in \(Session.duration(seconds))",
        ]
        if let last = history.last {
            let loss = last.recent?.loss ?? last.loss
            facts.append("loss \(loss < 1e4 ? fixed(loss, digits: 6) : String(format: "%.3e", loss))")
            facts.append(
                last.recent.map { recent in
                    recent.batches == 1
                        ? "\(recent.text) on its one batch"
                        : "\(recent.text) on its last \(recent.batches) batches"
                } ?? "\(fixed(last.psnr, digits: 2)) dB on its last batches")
        }
        return facts.joined(separator: ", ")
    }
}
