import Diagnostics
import Foundation
import Language
import Syntax
import Tracing

/// Something that could be written at the cursor.
public struct Suggestion: Sendable, Equatable {
    /// What takes the place of the word that is being written.
    public let insertion: String
    /// How it is listed: an argument with its default, a file without its folder.
    public let listing: String

    package init(_ insertion: String, _ listing: String? = nil) {
        self.insertion = insertion
        self.listing = listing ?? insertion
    }
}

/// What completion knows of tables on the disk.
package protocol TableNames {
    /// Experiments whose tables are there.
    var tableNames: [String] { get }
    /// The columns of an experiment's table; none where it cannot be read.
    func columns(ofTable name: String) -> [String]
}

/// Completes what is being written.
package struct Completion {
    package let interpreter: Interpreter
    package let index: HelpIndex
    package let tables: any TableNames

    package init(_ interpreter: Interpreter, _ index: HelpIndex, _ tables: any TableNames) {
        (self.interpreter, self.index, self.tables) = (interpreter, index, tables)
    }

    private var globals: Frame { interpreter.globals }
    private var builtins: [String: Builtin] { interpreter.rooms.builtins }

    /// What a name stands for.
    private func lookUp(_ name: String) -> Value? {
        interpreter.frame.lookUp(name) ?? globals.lookUp(name)
    }

    /// What could be written in place of the word that begins at byte `start` of `text`, which ends at the
    /// cursor.
    ///
    /// Reads names, the table of functions and folders; evaluates nothing.
    package func suggestions(for text: String, wordStart start: Int) -> [Suggestion] {
        let bytes = Array(text.utf8)
        let word = String(decoding: bytes[min(start, bytes.count)...], as: UTF8.self)
        // In a text the word begins behind the quote, which must stay for the text to be one.
        let before = String(decoding: bytes[..<min(start, bytes.count)], as: UTF8.self)
        let context = CompletionContext(before, isKnown: { name in builtins[name] != nil })
        var found: [Suggestion]
        if context.isInComment {
            found = []
        } else if context.isInText {
            let columns = columns(context)
            let texts = columns.isEmpty ? choices(context) + experiments(context) : columns
            found = texts.isEmpty ? files(word) : texts.map { Suggestion($0 + "\"", $0) }
        } else if let fields = fields(context) {
            found = fields
        } else if let names = sharingWords(context) ?? definitionNames(context) {
            found = names
        } else {
            found = arguments(context, isWordEmpty: word.isEmpty)
        }
        var seen: Set<String> = []
        found = found.filter { $0.insertion.hasPrefix(word) && seen.insert($0.insertion).inserted }
        return found.sorted { $0.insertion < $1.insertion }
    }

    // MARK: Where something particular stands

    /// Behind a dot: the fields of the record that the names before it lead to.
    private func fields(_ context: CompletionContext) -> [Suggestion]? {
        guard let names = context.pathBeforeDot else { return nil }
        guard let first = names.first, var value = lookUp(first) else {
            return []
        }
        for name in names.dropFirst() {
            guard case .record(let fields) = value, let field = fields[name] else { return [] }
            value = field
        }
        guard case .record(let fields) = value else { return [] }
        return fields.map { Suggestion($0.key, "\($0.key) = \($0.value.brief)") }
    }

    /// Behind `weights`, and inside `sharing NAME { … }`.
    private func sharingWords(_ context: CompletionContext) -> [Suggestion]? {
        switch context.sharingPlace {
        case nil: nil
        case .role: roles.map { Suggestion($0 + " ", $0) }
        case .by: [Suggestion("by ", "by")]
        case .index: indices.map { Suggestion($0) }
        }
    }

    /// Behind `source`, `edit`, `?` and the like.
    private func definitionNames(_ context: CompletionContext) -> [Suggestion]? {
        guard let word = context.nameWanted else { return nil }
        switch word {
        case "forget": return interpreter.ownNames.map { Suggestion($0.name) }
        case "edit", "source", "??":
            return globals.values.filter { $0.value.definitionSpan != nil }.keys.map { Suggestion($0) }
        case "help":
            return index.topics.map { Suggestion($0.word) } + StatementHelp.all.map { Suggestion($0.name) }
                + (globals.visibleNames + builtins.keys).map { Suggestion($0) }
        default:
            return StatementHelp.all.map { Suggestion($0.name) }
                + (globals.visibleNames + builtins.keys).map { Suggestion($0) }
        }
    }

    private func arguments(_ context: CompletionContext, isWordEmpty: Bool) -> [Suggestion] {
        let fitting = choices(context).map { Suggestion("\"\($0)\"") } + fittingValues(context)
        guard let call = context.call, call.isAtArgument else {
            // Where it is known what an argument can be, that is worth more than all names there are.
            return isWordEmpty && !fitting.isEmpty ? fitting : fitting + names(context)
        }
        let arguments = parameters(of: call.callee).filter { !call.given.contains($0.name) }
        let found = arguments.map { argument in
            Suggestion(
                "\(argument.name) = ",
                argument.standard.map { "\(argument.name) = \($0)" } ?? "\(argument.name) = …")
        }
        return isWordEmpty && !arguments.isEmpty && !takesAny(call.callee) ? found : found + names(context)
    }

    /// Names in scope, those in the entry so far, and where a statement begins its words.
    private func names(_ context: CompletionContext) -> [Suggestion] {
        let callables = (globals.visibleNames + builtins.keys).map { name in
            let value = globals.lookUp(name)
            let isCalled = if case .callable? = value { true } else { value == nil }
            return Suggestion(isCalled ? name + "(" : name, name)
        }
        let words = ["true", "false", "not ", "if "] + (context.isAtStatement ? Self.statementWords : [])
        return callables + context.ownWords.map { Suggestion($0) } + words.map { Suggestion($0) }
    }

    private static let statementWords: [String] =
        StatementHelp.all.filter { $0.name != "it" }.map { form in
            form.name + (["vars", "reset", "help"].contains(form.name) ? "" : " ")
        }

    // MARK: Arguments

    private struct ParameterFact {
        let name: String
        /// `nil` for a parameter of a definition, which does not say.
        let kind: Kind?
        let standard: String?
    }

    private func parameters(of callee: String) -> [ParameterFact] {
        let builtin = builtins[callee].map { Callable(code: .builtin($0)) }
        guard let callable = lookUp(callee)?.asCallable ?? builtin else { return [] }
        switch callable.code {
        case .builtin(let builtin):
            return builtin.parameters.filter { !$0.isRest }.map {
                ParameterFact(name: $0.name, kind: $0.kind, standard: $0.standardText)
            }
        case .definition(let definition, _):
            let declared = definition.parameters.map { parameter in
                let bound = callable.bound.first { $0.name == parameter.name.value }?.value.literal
                return ParameterFact(
                    name: parameter.name.value, kind: nil,
                    standard: bound ?? parameter.defaultValue?.span.text)
            }
            guard callable.isNetwork else { return declared }
            // A network is given its image when it runs, and every network takes a sharing mode.
            let hasSharing = declared.contains { $0.name == "sharing" }
            return declared.dropFirst()
                + (hasSharing ? [] : [ParameterFact(name: "sharing", kind: nil, standard: nil)])
        }
    }

    /// Whether a function takes any number of values without names.
    private func takesAny(_ callee: String) -> Bool {
        builtins[callee]?.parameters.contains { $0.isRest } ?? false
    }

    /// What the named argument that is being written is for.
    private func parameter(_ context: CompletionContext) -> ParameterFact? {
        guard let call = context.call, let name = call.argument else { return nil }
        return parameters(of: call.callee).first { $0.name == name }
    }

    /// Names whose values the argument being written can be.
    private func fittingValues(_ context: CompletionContext) -> [Suggestion] {
        guard let parameter = parameter(context) else { return [] }
        guard let kind = parameter.kind else { return fittingValues(like: parameter) }
        let kinds = kind.foreignKinds
        let bound = globals.values.filter { _, value in
            if case .callable(let callable) = value, callable.isNetwork {
                return kinds.contains { $0.words == Network.kind }
            }
            return kinds.contains { $0.words == value.kind }
        }
        let makers = index.builtins.filter { builtin in
            kinds.contains { $0.words == builtin.traits.makes?.words }
        }
        return suggestions(bound) + makers.map { Suggestion($0.name + "(", $0.name) }
    }

    /// Names whose values are of the kind of a definition's default, which is all that it says of an
    /// argument: a sharing mode, a block or a network.
    private func fittingValues(like parameter: ParameterFact) -> [Suggestion] {
        let example = parameter.standard.flatMap { standard in
            globals.lookUp(String(standard.prefix { $0.isLetter || $0.isNumber || $0 == "_" }))
        }
        let wanted = parameter.name == "sharing" ? SharingMode.kind : example?.kind
        guard let wanted, [SharingMode.kind, Network.kind, "a block"].contains(wanted) else { return [] }
        return suggestions(globals.values.filter { $0.value.kind == wanted })
    }

    private func suggestions(_ values: [String: Value]) -> [Suggestion] {
        values.map { name, value in
            if case .callable = value { Suggestion(name + "(", name) } else { Suggestion(name) }
        }
    }

    /// Experiments whose tables are there, where a function asks for one by name.
    private func experiments(_ context: CompletionContext) -> [String] {
        guard let call = context.call, let parameters = builtins[call.callee]?.parameters,
            let parameter = parameters.first(where: \.isRest)
                ?? (parameters.indices.contains(call.position) ? parameters[call.position] : nil),
            parameter.kind.isExperiment
        else { return [] }
        return tables.tableNames
    }

    /// Columns of the table that a function's first argument names, where it asks for one.
    private func columns(_ context: CompletionContext) -> [String] {
        guard let place = context.textPlace, let name = place.first, tables.tableNames.contains(name),
            let builtin = builtins[place.callee], builtin.parameters.first?.kind.isExperiment == true
        else { return [] }
        let parameter =
            place.argument.map { name in builtin.parameters.first { $0.name == name } }
            ?? (builtin.parameters.indices.contains(place.position)
                ? builtin.parameters[place.position] : nil)
        return parameter?.kind.isColumn == true ? tables.columns(ofTable: name) : []
    }

    /// The texts that the argument being written may be.
    private func choices(_ context: CompletionContext) -> [String] {
        guard let parameter = parameter(context) else { return [] }
        let texts = parameter.kind?.choices ?? []
        guard texts.isEmpty, let standard = parameter.standard, standard.hasPrefix("\"") else { return texts }
        return [String(standard.dropFirst().dropLast())]
    }

    // MARK: Roles and indices

    /// Roles of all networks and sharing modes there are.
    private var roles: [String] {
        Array(Set(networkBodies.flatMap { Self.roles(in: $0) } + rules.map(\.role.value)))
    }

    /// Indices that modes name, and the loops of networks.
    private var indices: [String] {
        Array(Set(networkBodies.flatMap { Self.loops(in: $0) } + rules.flatMap { $0.indices.map(\.value) }))
    }

    private var rules: [SharingDefinition.Rule] {
        globals.values.values.flatMap { value -> [SharingDefinition.Rule] in
            value.as(SharingMode.self)?.definition.rules ?? []
        }
    }

    private var networkBodies: [Body] {
        globals.values.values.compactMap { value in
            if case .callable(let callable) = value, case .definition(let definition, _) = callable.code,
                definition.kind != .function
            {
                definition.body
            } else {
                nil
            }
        }
    }

    private static func roles(in body: Body) -> [String] {
        body.flatMap { statement -> [String] in
            if case .weights(let role, let inner) = statement.kind { return [role.value] + roles(in: inner) }
            return statement.bodies.flatMap { roles(in: $0) }
        }
    }

    private static func loops(in body: Body) -> [String] {
        body.flatMap { statement -> [String] in
            if case .loop(let name, _, let inner) = statement.kind { return [name.value] + loops(in: inner) }
            return statement.bodies.flatMap { loops(in: $0) }
        }
    }

    // MARK: Files

    /// Files below the folder that `word` names, folders with a slash behind.
    private func files(_ word: String) -> [Suggestion] {
        let folder = word.lastIndex(of: "/").map { String(word[...$0]) } ?? ""
        let start = word.dropFirst(folder.count)
        let place =
            folder.hasPrefix("~/") ? NSHomeDirectory() + folder.dropFirst() : folder.isEmpty ? "." : folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        return names.filter { $0.hasPrefix(start) && ($0.first != "." || start.hasPrefix(".")) }.prefix(1000)
            .map {
                name in
                var isFolder: ObjCBool = false
                _ = FileManager.default.fileExists(atPath: place + "/" + name, isDirectory: &isFolder)
                return Suggestion(
                    folder + name + (isFolder.boolValue ? "/" : "\""), name + (isFolder.boolValue ? "/" : ""))
            }
    }
}

extension Statement {
    /// The bodies in braces directly inside.
    fileprivate var bodies: [Body] {
        switch kind {
        case .weights(_, let body), .repetition(_, let body), .loop(_, _, let body): [body]
        case .expression(let expression):
            if case .conditional(_, let then, let otherwise) = expression.value {
                [then] + (otherwise.map { [$0] } ?? [])
            } else {
                []
            }
        case .definition(let definition): [definition.body]
        case .experiment(let experiment): [experiment.body]
        case .assignment, .sharing, .result, .output, .record, .source, .command: []
        }
    }
}
