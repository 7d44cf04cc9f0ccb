import Diagnostics

extension Parser {
    mutating func statement() throws(Diagnostic) -> Statement {
        let start = current.span
        let kind = try nested { parser throws(Diagnostic) in try parser.statementKind() }
        return Statement(kind: kind, span: start.through(previousSpan))
    }

    private mutating func statementKind() throws(Diagnostic) -> Statement.Kind {
        if take(.doubleQuestion) { return .source(try word("the name of a definition")) }
        // As Python's shells have it.
        if case .name = current.kind, next.isMark(.doubleQuestion) {
            defer { _ = advance() }
            return .source(try word("the name of a definition"))
        }
        if let command = try command() { return .command(command) }
        try refuseHabits()
        if case .name(let word) = current.kind, let kind = try statement(beginningWith: word) { return kind }
        return .expression(try expression())
    }

    /// The statement that a word begins, if it begins one here.
    private mutating func statement(beginningWith word: String) throws(Diagnostic) -> Statement.Kind? {
        // Most words of the language are names too; what follows them tells which they are here.
        switch word {
        case "repeat":
            _ = advance()
            let count = try expression()
            return .repetition(count, try braced("the body of the `repeat`"))
        case "for": return try loop()
        case "return":
            _ = advance()
            return .result(startsExpression(current) ? try expression() : nil)
        case "block" where next.isName, "network" where next.isName, "loss" where next.isName,
            "function" where next.isName:
            return .definition(try definition())
        case "sharing" where next.isName: return .sharing(try sharing())
        case "weights" where next.isName:
            _ = advance()
            let role = try expectName("the weights' role")
            return .weights(role: role, try braced("the layers of role `\(role.value)`"))
        case "output" where startsExpression(next) && !next.isMark(.minus) && !next.isMark(.openBracket):
            _ = advance()
            return .output(try expression())
        case "source" where next.isName:
            _ = advance()
            return .source(try expectName("the name of a definition"))
        case "else": throw .elseAlone(at: current.span)
        case "experiment" where isText(next): return .experiment(try experiment())
        case "record" where next.isName: return .record(try fields())
        case "over" where next.isName:
            throw .misplaced("over", belongsIn: "an `experiment`", at: current.span)
        default: break
        }
        guard next.isMark(.assign) else { return nil }
        let name = try expectName("a name to bind")
        _ = advance()
        return .assignment(name, try expression())
    }

    func isText(_ token: Token) -> Bool {
        if case .text = token.kind { true } else { false }
    }

    /// Whether `token` can begin an expression, so that the word before it is no name.
    func startsExpression(_ token: Token) -> Bool {
        switch token.kind {
        case .number, .text: true
        case .name(let word): !["and", "or", "in", "else"].contains(word)
        case .mark(let mark): mark == .openParenthesis || mark == .openBracket || mark == .minus
        case .newline, .end: false
        }
    }

    private mutating func loop() throws(Diagnostic) -> Statement.Kind {
        _ = advance()
        let name = try expectName("the loop's name")
        guard takeWord("in") else { throw .expected("`in`", found: current) }
        let values = try expression()
        return .loop(name, values, try braced("the body of the `for`"))
    }

    private mutating func definition() throws(Diagnostic) -> Definition {
        let keyword = advance()
        guard let kind = Definition.Kind(rawValue: keyword.span.text) else {
            throw .expected("`block`, `network`, `loss` or `function`", found: keyword)
        }
        let name = try expectName("the \(kind.rawValue)'s name")
        try expect(.openParenthesis, "before the \(kind.rawValue)'s arguments")
        var parameters: [Definition.ParameterDefinition] = []
        var names: [String: Span] = [:]
        while !current.isMark(.closeParenthesis) {
            let parameter = try expectName("an argument's name")
            if let first = names.updateValue(parameter.span, forKey: parameter.value) {
                throw .repeated("argument", parameter.value, at: parameter.span, first: first)
            }
            let value = take(.assign) ? try expression() : nil
            parameters.append(.init(name: parameter, defaultValue: value))
            if !take(.comma) { break }
        }
        try expect(.closeParenthesis, "after the \(kind.rawValue)'s arguments")
        // What stands in an experiment around a definition is not part of it.
        let outer = isInExperiment
        isInExperiment = false
        defer { isInExperiment = outer }
        let body = try braced("the \(kind.rawValue)'s body")
        return Definition(
            kind: kind, name: name, parameters: parameters, body: body,
            span: keyword.span.through(previousSpan))
    }

    private mutating func sharing() throws(Diagnostic) -> SharingDefinition {
        let keyword = advance()
        let name = try expectName("the sharing mode's name")
        try expect(.openBrace, "to begin the sharing mode")
        var rules: [SharingDefinition.Rule] = []
        skipNewlines()
        while !current.isMark(.closeBrace) {
            let role = try expectName("a role")
            if let first = rules.first(where: { $0.role.value == role.value }) {
                throw .repeated("role", role.value, at: role.span, first: first.role.span)
            }
            var indices: [Name] = []
            if takeWord("by") {
                repeat {
                    let index = try expectName("an index, such as `scale`")
                    if let first = indices.first(where: { $0.value == index.value }) {
                        throw .repeated("index", index.value, at: index.span, first: first.span)
                    }
                    indices.append(index)
                } while take(.comma)
            }
            rules.append(.init(role: role, indices: indices))
            guard current.kind == .newline || current.isMark(.closeBrace) else {
                throw .expected(
                    "`by` or the end of the line", found: current, hint: "write `role by index, index`")
            }
            skipNewlines()
        }
        let close = advance()
        return SharingDefinition(name: name, rules: rules, span: keyword.span.through(close.span))
    }

    private mutating func experiment() throws(Diagnostic) -> ExperimentDefinition {
        let keyword = advance()
        let name = try primary()
        guard !isInExperiment else {
            throw .misplaced(
                "experiment", belongsIn: "a script, outside any other experiment", at: keyword.span)
        }
        try expect(.openBrace, "to begin the experiment")
        isInExperiment = true
        defer { isInExperiment = false }
        var axes: [ExperimentDefinition.Axis] = []
        var conditions: [LocatedExpression] = []
        var body: Body = []
        while true {
            skipNewlines()
            if take(.closeBrace) { break }
            if current.isWord("over"), next.isName {
                _ = advance()
                let axis = try expectName("the name of what varies")
                if let first = axes.first(where: { $0.name.value == axis.value }) {
                    throw .repeated("axis", axis.value, at: axis.span, first: first.name.span)
                }
                guard takeWord("in") else { throw .expected("`in`", found: current) }
                axes.append(.init(name: axis, values: try expression()))
            } else if current.isWord("where"), startsExpression(next) {
                _ = advance()
                conditions.append(try expression())
            } else {
                body.append(try statement())
            }
            guard current.kind == .newline || current.isMark(.closeBrace) else {
                throw .expected("the end of the line", found: current)
            }
        }
        return ExperimentDefinition(name: name, axes: axes, conditions: conditions, body: body)
    }

    private mutating func fields() throws(Diagnostic) -> [Field] {
        let keyword = advance()
        guard isInExperiment else {
            throw .misplaced("record", belongsIn: "an `experiment`", at: keyword.span)
        }
        var fields: [Field] = []
        repeat {
            let name = try expectName("a column's name")
            if let first = fields.first(where: { $0.name.value == name.value }) {
                throw .repeated("column", name.value, at: name.span, first: first.name.span)
            }
            try expect(.assign, "after the column's name")
            let start = position
            let value = try expression()
            fields.append(Field(name: name, value: value, tokens: Array(tokens[start..<position])))
        } while take(.comma)
        return fields
    }
}
