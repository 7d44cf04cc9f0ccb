import Diagnostics
import Kinds

/// The arguments of one call of a built-in function, which fit its row.
package struct Arguments {
    package let builtin: Builtin
    package let given: [Callable.BoundArgument]
    /// Arguments without names, for a function that takes any number of them.
    package let rest: [GivenArgument]
    package let span: Span

    package func span(of name: String) -> Span { given.first { $0.name == name }?.span ?? span }

    /// Checks them against the function's row.
    /// - Throws: `missing-argument`, `wrong-kind`, `out-of-range`, `unknown-choice`; `no-effect` for what is
    ///   given and would do nothing, because of what else is given or left out.
    package func check() throws(Diagnostic) {
        for parameter in builtin.parameters {
            guard let argument = given.first(where: { $0.name == parameter.name }) else {
                if case .required = parameter.standard {
                    throw .missingArgument(parameter.name, of: builtin.name, at: span, declared: nil)
                }
                continue
            }
            try parameter.kind.check(argument.value, words(for: parameter.name), at: argument.span)
        }
        for parameter in builtin.parameters {
            guard let condition = parameter.condition, given.contains(where: { $0.name == parameter.name }),
                case .text(let value)? = optional(condition.parameter), !condition.values.contains(value)
            else { continue }
            let remedies = condition.values.map { "`\(condition.parameter) = \"\($0)\"`" }
            throw Diagnostic(
                "no-effect",
                "`\(parameter.name)` has no effect with `\(condition.parameter) = \"\(value)\"`",
                at: span(of: parameter.name),
                hint: "leave it out, or ask for \(remedies.joined(separator: " or "))")
        }
    }

    /// Refuses settings that would have no effect in this call.
    /// - Throws: `no-effect`.
    package func refuse(_ names: [String], because reason: String) throws(Diagnostic) {
        for name in names where given.contains(where: { $0.name == name }) {
            throw Diagnostic(
                "no-effect", "`\(name)` has no effect here: it is \(reason)", at: span(of: name),
                hint: "leave it out")
        }
    }

    /// The argument that names a file or a folder to write, if one does.
    package var written: Callable.BoundArgument? {
        given.first { argument in
            builtin.parameters.contains { $0.name == argument.name && $0.kind.isWritten }
        }
    }

    /// What the call does at most.
    package var effect: Builtin.Effect {
        written == nil ? builtin.traits.effect : max(builtin.traits.effect, .writes)
    }

    // MARK: Reading

    /// What `read` makes of the argument; `nil` where it was left out and has no default.
    package func given<Read>(
        _ name: String, _ read: (String) throws(Diagnostic) -> Read
    ) throws(Diagnostic) -> Read? {
        optional(name) == nil ? nil : try read(name)
    }

    /// The argument or its default; `nil` where the default is for the function to work out.
    package func optional(_ name: String) -> Value? {
        if let argument = given.first(where: { $0.name == name }) { return argument.value }
        if case .value(let constant) = parameter(name).standard { return constant.value }
        return nil
    }

    package func value(_ name: String) throws(Diagnostic) -> Value {
        guard let value = optional(name) else {
            throw .missingArgument(name, of: builtin.name, at: span, declared: nil)
        }
        return value
    }

    package func number(_ name: String) throws(Diagnostic) -> Double {
        let value = try value(name)
        guard case .number(let number) = value else { throw wrong(name, value) }
        return number
    }

    /// A whole number within the bounds of its row.
    package func whole(_ name: String) throws(Diagnostic) -> Int { Int(try number(name)) }

    /// A whole number within bounds that only the call knows.
    package func whole(_ name: String, _ bounds: ClosedRange<Int>) throws(Diagnostic) -> Int {
        let number = try number(name)
        guard number.isWhole(within: bounds) else {
            throw .outOfRange(
                words(for: name), wanted: Kind.words(for: bounds), got: number, at: span(of: name))
        }
        return Int(number)
    }

    package func text(_ name: String) throws(Diagnostic) -> String {
        let value = try value(name)
        guard case .text(let text) = value else { throw wrong(name, value) }
        return text
    }

    /// One of the texts that `Choice` lists.
    package func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ name: String, _: Choice.Type
    ) throws(Diagnostic) -> Choice {
        let text = try text(name)
        guard let choice = Choice(rawValue: text) else {
            throw .unknownChoice(
                text, of: words(for: name), known: Choice.allCases.map(\.rawValue), at: span(of: name))
        }
        return choice
    }

    /// One of a list of kinds.
    package func choice<Choice: NamedKind>(_ name: String, _: Choice.Type) throws(Diagnostic) -> Choice {
        try choice(text(name), name)
    }

    /// Some of a list of kinds.
    package func choices<Choice: NamedKind>(
        _ name: String, _: Choice.Type
    ) throws(Diagnostic) -> [Choice] {
        let value = try value(name)
        var chosen: [Choice] = []
        for element in value.elements ?? [value] {
            guard case .text(let text) = element else { throw wrong(name, value) }
            chosen.append(try choice(text, name))
        }
        return chosen
    }

    private func choice<Choice: NamedKind>(_ text: String, _ name: String) throws(Diagnostic) -> Choice {
        guard let choice = Choice.named(text) else {
            throw .unknownChoice(
                text, of: words(for: name), known: Choice.all.map(\.name), at: span(of: name))
        }
        return choice
    }

    package func boolean(_ name: String) throws(Diagnostic) -> Bool {
        let value = try value(name)
        guard case .boolean(let boolean) = value else { throw wrong(name, value) }
        return boolean
    }

    /// A range of whole numbers, or one whole number.
    package func range(_ name: String) throws(Diagnostic) -> ClosedRange<Int> {
        let value = try value(name)
        if case .range(let low, let high) = value, low <= high { return low...high }
        guard case .number(let number) = value else { throw wrong(name, value) }
        return Int(number)...Int(number)
    }

    package func elements(_ name: String) throws(Diagnostic) -> [Value] {
        let value = try value(name)
        guard let elements = value.elements else { throw wrong(name, value) }
        return elements
    }

    /// A text, or a list of texts.
    package func texts(_ name: String) throws(Diagnostic) -> [String] {
        let value = try value(name)
        var texts: [String] = []
        for element in value.elements ?? [value] {
            guard case .text(let text) = element else {
                throw wrong(name, value, hint: value.elements == nil ? nil : "it holds \(element.kind)")
            }
            texts.append(text)
        }
        return texts
    }

    /// A value of a type of another layer.
    package func foreign<Foreign>(_ name: String, _ type: Foreign.Type) throws(Diagnostic) -> Foreign {
        let value = try value(name)
        guard let foreign = value.as(type) else { throw wrong(name, value) }
        return foreign
    }

    // MARK: Mistakes

    /// A value that its row allows and this call does not.
    package func wrong(_ name: String, _ value: Value, hint: String? = nil) -> Diagnostic {
        .wrongKind(
            words(for: name), wanted: parameter(name).kind.words, got: value, at: span(of: name), hint: hint)
    }

    /// Runs `body`, whose mistakes are those of the argument `name` where they do not say of which.
    package func blaming<Result>(
        _ name: String, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        do { return try body() } catch { throw error.argument == nil ? error.of(argument: name) : error }
    }

    /// A mistake that a lower layer found, at the argument that it names, or else at the call.
    package func located(_ diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.located(at: diagnostic.argument.map { span(of: $0) } ?? span)
    }

    private func words(for name: String) -> String { "`\(name)` of `\(builtin.name)`" }

    private func parameter(_ name: String) -> Builtin.Parameter {
        guard let parameter = builtin.parameters.first(where: { $0.name == name }) else {
            preconditionFailure("\(builtin.name) asks for an argument `\(name)` that its row does not list")
        }
        return parameter
    }
}
