import Diagnostics
import Kinds
import Language
import Training
import TrainingMethods

/// An optimiser with its settings, as a value: what `adamw(decay = 1e-3)` gives.
package struct OptimizerValue: ForeignValue {
    package static let kind = "an optimizer"

    package let optimizer: Optimizer
    /// Those of ``optimizer`` alone.
    package let values: SettingValues
    package let exemption: DecayExemption

    package var isSetting: Bool { true }

    /// As it would be written, what is as usual left out.
    package var description: String {
        var texts: [String] = []
        for argument in OptimizerFunctions.arguments(of: optimizer) {
            guard argument.settings.contains(where: { values[$0] != optimizer.usualValue(of: $0) }) else {
                continue
            }
            let numbers = argument.settings.map { formatted(values[$0]) }
            texts.append("\(argument.name) = " + (numbers.count == 1 ? numbers[0] : bracketed(numbers)))
        }
        if exemption != .vectors { texts.append("exempt = \(quoted(exemption.name))") }
        return "\(optimizer.name)(\(texts.joined(separator: ", ")))"
    }

    package func equals(_ other: Value) -> Bool? {
        other.as(OptimizerValue.self).map { $0.description == description }
    }
}

private func bracketed(_ texts: [String]) -> String { "[\(texts.joined(separator: ", "))]" }

extension Kind.ForeignKind {
    static let optimizer = Self(
        OptimizerValue.kind, accepts: { $0.as(OptimizerValue.self) != nil }
    ) { value in
        guard case .callable(let callable) = value, Optimizer.named(callable.name) != nil else { return nil }
        return "write `\(callable.name)()` for the optimizer with its defaults"
    }
}

/// A function for each optimiser, which gives it with its settings.
package enum OptimizerFunctions {
    package static let all: [Function<Void>] = Optimizer.all.map { optimizer in
        Function(row(of: optimizer)) { _, arguments throws(Diagnostic) in
            .foreign(try value(of: optimizer, arguments))
        }
    }

    /// An argument of an optimiser's function and the settings that it gives, two of them as a list.
    struct Argument {
        let name: String
        let settings: [Setting]
    }

    static func arguments(of optimizer: Optimizer) -> [Argument] {
        optimizer.settings.compactMap { setting in
            switch setting.name {
            case Setting.beta1.name: Argument(name: "betas", settings: [.beta1, .beta2])
            case Setting.beta2.name: nil
            case Setting.weightDecay.name: Argument(name: "decay", settings: [setting])
            default: Argument(name: setting.name, settings: [setting])
            }
        }
    }

    private static func row(of optimizer: Optimizer) -> Builtin {
        var parameters = arguments(of: optimizer).map { argument in
            let usual = argument.settings.map { optimizer.usualValue(of: $0) }
            let about = argument.settings.map(\.about).joined(separator: ", ")
            return usual.count == 1
                ? Builtin.Parameter.standard(argument.name, .number, .number(usual[0])).about(about)
                : .derived(
                    argument.name, .list("a list of \(usual.count) numbers"),
                    bracketed(usual.map { formatted($0) })
                ).about(about)
        }
        if optimizer.hasWeightDecay {
            parameters.append(
                .standard("exempt", .choice(DecayExemption.self), .text(DecayExemption.vectors.name)).about(
                    DecayExemption.all.map {
                        (
                            ($0 == .vectors ? "what the decay spares: " : "") + "\"\($0.name)\"", $0.about
                        )
                    }))
        }
        let (help, example) = text(of: optimizer)
        return Builtin(
            optimizer.name, .training, parameters, help, examples: [example], .init(makes: .optimizer))
    }

    private static func text(of optimizer: Optimizer) -> (help: String, example: String) {
        switch optimizer {
        case .adam:
            (
                """
                Adam [Kingma & Ba 2015], for `optimizer` of `train`: each weight moves by the mean of its gradients over the \
                root of the mean of their squares.
                """, "adam(betas = [0.9, 0.99])"
            )
        case .adamw:
            (
                """
                AdamW [Loshchilov & Hutter 2019], for `optimizer` of `train`: Adam, and at each step a weight loses \
                `decay` times the learning rate of itself, whatever its gradient.
                """, "adamw(decay = 1e-3, betas = [0.9, 0.9])  # adamw(decay = 0.001, betas = [0.9, 0.9])"
            )
        case .sgd:
            (
                """
                Gradient descent with momentum, for `optimizer` of `train`, as PyTorch has it: `decay` times a weight is \
                added to its gradient, and a weight moves by `momentum` times its last move and the gradient.
                """, "sgd(momentum = 0.9)"
            )
        default:
            (
                """
                Muon [Jordan et al. 2024], for `optimizer` of `train`: \(optimizer.about). All other weights are Adam's, \
                with `betas` and `epsilon`.
                """, "muon(momentum = 0.9)"
            )
        }
    }

    private static func value(
        of optimizer: Optimizer, _ arguments: Arguments
    ) throws(Diagnostic) -> OptimizerValue {
        var values = optimizer.usualValues
        for argument in Self.arguments(of: optimizer) where arguments.optional(argument.name) != nil {
            let numbers =
                argument.settings.count == 1
                ? [try arguments.number(argument.name)]
                : try arguments.numbers(argument.name, count: argument.settings.count)
            for (setting, number) in zip(argument.settings, numbers) {
                try setting.check(number, as: argument.name)
                values[setting] = number
            }
        }
        var exemption = DecayExemption.vectors
        if optimizer.hasWeightDecay {
            exemption = try arguments.choice("exempt", DecayExemption.self)
            if values.isStandard(.weightDecay) {
                try arguments.refuse(["exempt"], because: "for weights that decay, and `decay` is 0")
            }
        }
        return OptimizerValue(optimizer: optimizer, values: values, exemption: exemption)
    }
}

extension Optimizer {
    fileprivate var hasWeightDecay: Bool { settings.contains { $0.name == Setting.weightDecay.name } }

    /// The values of its settings where a script gives none.
    fileprivate var usualValues: SettingValues {
        var values = SettingValues()
        for setting in settings { values[setting] = usualValue(of: setting) }
        return values
    }
}

// MARK: In `train`

extension TrainingFunctions {
    /// Settings of Adam and Muon that `train` takes itself, for the two as it names them.
    private static let shortSettings: [Setting] = [.beta1, .beta2, .epsilon, .momentum]
    private static let shortNames = [Optimizer.adam, .muon]

    static let optimizerParameters: [Builtin.Parameter] =
        [
            .standard(
                "optimizer", .either([.choice(Optimizer.self), .foreign(.optimizer)]),
                .text(Optimizer.adam.name)
            ).about(
                Optimizer.all.map { ("\"\($0.name)\"", $0.about) } + [
                    ("or an optimizer", "one with settings of its own, such as `adamw(decay = 1e-3)`")
                ])
        ]
        + shortSettings.map { setting in
            let kinds = shortNames.filter { kind in kind.settings.contains { $0.name == setting.name } }
            return .standard(setting.name, .number, .number(setting.standard)).about(setting.about)
                .only(with: "optimizer", kinds.map(\.name))
        }

    static func chooseOptimizer(
        _ arguments: Arguments, in settings: inout TrainingSettings
    ) throws(Diagnostic) {
        if let given = try arguments.value("optimizer").as(OptimizerValue.self) {
            for setting in shortSettings where arguments.given.contains(where: { $0.name == setting.name }) {
                throw .belongsToOptimizer(setting.name, given, at: arguments.span(of: setting.name))
            }
            settings.optimizer = given.optimizer
            settings.decayExemption = given.exemption
            for setting in given.optimizer.settings { settings[setting] = given.values[setting] }
            return
        }
        let optimizer = try arguments.choice("optimizer", Optimizer.self)
        settings.optimizer = optimizer
        for setting in optimizer.settings {
            let isShort =
                shortNames.contains(optimizer) && shortSettings.contains { $0.name == setting.name }
            settings[setting] =
                isShort ? try arguments.number(setting.name) : optimizer.usualValue(of: setting)
        }
    }
}

extension Arguments {
    /// A list of so many numbers.
    package func numbers(_ name: String, count: Int) throws(Diagnostic) -> [Double] {
        let value = try value(name)
        var numbers: [Double] = []
        for element in value.elements ?? [] {
            guard case .number(let number) = element else {
                throw wrong(name, value, hint: "it holds \(element.kind)")
            }
            numbers.append(number)
        }
        guard numbers.count == count else {
            throw wrong(name, value, hint: "it holds \(counted(numbers.count, "number"))")
        }
        return numbers
    }
}

extension Diagnostic {
    fileprivate static func belongsToOptimizer(
        _ name: String, _ optimizer: OptimizerValue, at span: Span
    ) -> Diagnostic {
        let argument = OptimizerFunctions.arguments(of: optimizer.optimizer).first { argument in
            argument.settings.contains { $0.name == name }
        }
        return Diagnostic(
            "no-effect", "`\(name)` has no effect beside an optimizer that has settings of its own", at: span,
            hint: argument.map {
                "give it to the optimizer: `\(optimizer.optimizer.name)(\($0.name) = …)`"
            } ?? "leave it out")
    }
}
