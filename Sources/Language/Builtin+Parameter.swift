import Kinds

extension Builtin {
    /// A parameter of a built-in function.
    package struct Parameter: Sendable {
        package let name: String
        package let kind: Kind
        package let standard: Standard
        /// Another parameter and the values of which it must have one, without which this one has no effect.
        package private(set) var condition: (parameter: String, values: [String])?
        /// What it sets, in a few words.
        package private(set) var about = ""
        /// Whether ``about`` names what it can be as well.
        private var isAboutKind = false
        /// The heading that help shows it under, in functions of many settings.
        package private(set) var group: String?

        /// What holds when an argument is left out.
        package enum Standard: Sendable {
            case required
            /// This value.
            case value(Constant)
            /// What the words say; the function works it out.
            case derived(String)
            /// Takes all arguments without names.
            case rest
        }

        /// A default that can be written down.
        package enum Constant: Sendable {
            case number(Double)
            case text(String)
            case boolean(Bool)
            case range(Int, Int)

            package var value: Value {
                switch self {
                case .number(let number): .number(number)
                case .text(let text): .text(text)
                case .boolean(let boolean): .boolean(boolean)
                case .range(let low, let high): .range(low, high)
                }
            }
        }

        private init(_ name: String, _ kind: Kind, _ standard: Standard) {
            (self.name, self.kind, self.standard) = (name, kind, standard)
        }

        package static func required(_ name: String, _ kind: Kind) -> Self { .init(name, kind, .required) }

        package static func standard(_ name: String, _ kind: Kind, _ value: Constant) -> Self {
            .init(name, kind, .value(value))
        }

        package static func derived(_ name: String, _ kind: Kind, _ words: String) -> Self {
            .init(name, kind, .derived(words))
        }

        package static func rest(_ name: String, _ kind: Kind) -> Self { .init(name, kind, .rest) }

        /// Parameters that help shows under one heading.
        package static func group(_ heading: String, _ parameters: [Self]) -> [Self] {
            parameters.map { parameter in
                var copy = parameter
                copy.group = heading
                return copy
            }
        }

        /// The same, that has an effect only where another parameter has one of these values.
        package func only(with parameter: String, _ values: [String]) -> Parameter {
            var copy = self
            copy.condition = (parameter, values)
            return copy
        }

        /// The same, with a few words on what it sets.
        package func about(_ words: String) -> Parameter {
            var copy = self
            copy.about = words
            return copy
        }

        /// The same, with what each value of a few stands for.
        package func about(_ values: [(value: String, meaning: String)]) -> Parameter {
            var copy = self
            copy.about = values.map { "\($0.value) (\($0.meaning))" }.joined(separator: ", ")
            copy.isAboutKind = true
            return copy
        }

        /// What it can be and what it sets, as help and the reference say it.
        package var kindAndUse: String {
            (isAboutKind ? [about] : [kind.words, about]).filter { !$0.isEmpty }.joined(separator: ": ")
        }

        package var isRest: Bool {
            if case .rest = standard { true } else { false }
        }

        /// What holds when the argument is left out, as it would be written; `nil` where it must be given.
        package var standardText: String? {
            switch standard {
            case .required, .rest: nil
            case .value(let constant): constant.value.literal
            case .derived(let words): words
            }
        }

        /// `kernel = 3`
        package var declaration: String {
            switch standard {
            case .required: name
            case .value, .derived: "\(name) = \(standardText ?? "")"
            case .rest: "\(name), …"
            }
        }
    }
}

extension [Builtin.Parameter] {
    /// A parameter that chooses one of a list of kinds, and the settings of the kinds; help says of each
    /// what it is.
    package static func choosing<Choice: NamedKind>(_ name: String, _ standard: Choice) -> Self {
        [
            .standard(name, .choice(Choice.self), .text(standard.name)).about(
                Choice.all.map { ("\"\($0.name)\"", $0.about) })
        ] + settings(of: Choice.self, chosenBy: name)
    }

    /// The settings of a list of kinds.
    /// - Parameter name: the parameter that chooses the kind; `nil` where no call does.
    package static func settings<Choice: NamedKind>(
        of _: Choice.Type, chosenBy name: String? = nil
    ) -> Self {
        Choice.allSettings.map { setting, kinds in
            let parameter = Builtin.Parameter.standard(setting.name, .number, .number(setting.standard))
                .about(setting.about)
            guard let name, kinds.count < Choice.all.count else { return parameter }
            return parameter.only(with: name, kinds)
        }
    }
}
