import Diagnostics

/// A built-in function as the language knows it: one row of the table that calls, checks, help, completion
/// and the reference are read off.
package struct Builtin: Sendable {
    package enum Topic: String, CaseIterable, Sendable {
        case layers = "Layers"
        case networks = "Networks"
        case data = "Data"
        case images = "Images"
        case training = "Training and scores"
        case experiments = "Experiments"
        case looking = "Looking"
        case values = "Values"
    }

    /// What a call may do beside giving a value.
    package enum Effect: Int, Sendable, Comparable, CaseIterable {
        /// Nothing: it is called while a row of an experiment is planned too.
        case none
        /// Shows something.
        case shows
        /// Reads files, or what depends on the machine.
        case reads
        /// Computes what takes long, and what no run of a row keeps.
        case computes
        /// Trains, scores or restores: what takes long, and what a row keeps as a run.
        case trains
        /// Writes or removes files.
        case writes

        package static func < (left: Effect, right: Effect) -> Bool { left.rawValue < right.rawValue }
    }

    package let name: String
    package let topic: Topic
    package let parameters: [Parameter]
    /// One or more sentences: what it gives, with shapes and units.
    package let help: String
    package let examples: [String]
    package let traits: Traits

    /// What is special about a function.
    package struct Traits: Sendable {
        /// What a call does at most, unless an argument names a file to write.
        package let effect: Effect
        /// What it makes, where completion offers it for arguments of that kind.
        package let makes: Kind.ForeignKind?
        /// Whether it works on feature maps inside networks, and its settings can be bound like a block's.
        package let isLayer: Bool
        /// Whether its code is called for a plan too, because it reads what the plan depends on.
        package let runsInPlans: Bool

        package init(
            effect: Effect = .none, makes: Kind.ForeignKind? = nil, isLayer: Bool = false,
            runsInPlans: Bool = false
        ) {
            (self.effect, self.makes) = (effect, makes)
            (self.isLayer, self.runsInPlans) = (isLayer, runsInPlans)
        }
    }

    package init(
        _ name: String, _ topic: Topic, _ parameters: [Parameter], _ help: String, examples: [String],
        _ traits: Traits = Traits()
    ) {
        (self.name, self.topic, self.parameters) = (name, topic, parameters)
        (self.help, self.examples, self.traits) = (help, examples, traits)
    }

    /// `conv(x, channels = channels(x), kernel = 3)`
    package var signature: String {
        "\(name)(\(parameters.map(\.declaration).joined(separator: ", ")))"
    }

    /// Whether an argument is `none` where the function has no fixed default: then it counts as not given.
    package func isLeftOut(_ argument: Callable.BoundArgument) -> Bool {
        guard case .nothing = argument.value,
            let parameter = parameters.first(where: { $0.name == argument.name }),
            case .derived = parameter.standard
        else { return false }
        return true
    }

    /// Parameters under their headings, which stand in the order of their first parameters.
    package var parameterGroups: [(heading: String?, parameters: [Parameter])] {
        var headings: [String?] = []
        for parameter in parameters where !headings.contains(parameter.group) {
            headings.append(parameter.group)
        }
        return headings.map { heading in (heading, parameters.filter { $0.group == heading }) }
    }
}

/// A built-in function and its code.
///
/// The type of the context is all that the code can reach: a function of values alone has none, a layer has
/// the trace of a network, and others have what reads, shows, trains and writes.
package struct Function<Context>: Sendable {
    package typealias Code = @Sendable (Context, Arguments) throws(Diagnostic) -> Value

    package let row: Builtin
    /// What a call does.
    package let code: Code
    /// What is left of a call while nothing may be done, as when a row of an experiment is planned: it checks
    /// its arguments and notes what its value depends on.
    package let plan: Code

    /// - Parameters:
    ///   - plan: by default gives a result not known yet, or nothing where the function only shows or writes;
    ///     a function without effects is always called.
    package init(_ row: Builtin, plan: Code? = nil, code: @escaping Code) {
        self.row = row
        self.code = code
        self.plan =
            plan
            ?? {
                if row.traits.runsInPlans { return code }
                switch row.traits.effect {
                case .none: return code
                case .shows, .writes: return { _, _ in .nothing }
                case .reads, .computes, .trains: return { _, _ in .pending }
                }
            }()
    }
}
