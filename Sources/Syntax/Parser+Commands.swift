import Diagnostics

extension Parser {
    /// What is said to the session, if the current token begins that: its words are names like others in all
    /// other places, and also here if a `=`, a `.` or a bracket follows.
    mutating func command() throws(Diagnostic) -> Command? {
        if take(.question) { return .help(isEnd(current) ? nil : try word("a name to explain")) }
        guard case .name(let word) = current.kind else { return nil }
        if isWord(next), position + 2 < tokens.count, isEnd(tokens[position + 2]) {
            switch word {
            case "help": return .help(try afterKeyword())
            case "apropos": return .apropos(try afterKeyword())
            case "edit": return .edit(try afterKeyword())
            default: break
            }
        }
        // As IPython has it.
        if next.isMark(.question) {
            defer { _ = advance() }
            return .help(try self.word("a name"))
        }
        if let command = try callLike(word) { return command }
        return try command(beginningWith: word)
    }

    private mutating func command(beginningWith word: String) throws(Diagnostic) -> Command? {
        switch word {
        case "help" where isEnd(next):
            _ = advance()
            return .help(nil)
        case "vars" where isEnd(next):
            _ = advance()
            return .variables
        case "reset" where isEnd(next):
            _ = advance()
            return .reset
        case "forget" where next.isName:
            _ = advance()
            var names: [Name] = []
            repeat { names.append(try expectName("a name to forget")) } while take(.comma)
            return .forget(names)
        case "save_session" where isText(next):
            _ = advance()
            return .saveSession(try expression())
        case "run" where isText(next):
            _ = advance()
            return .runFile(try expression())
        case "time" where startsExpression(next) && !next.isMark(.minus) && !next.isMark(.openBracket):
            _ = advance()
            guard current.isName, next.isMark(.assign) else { return .time(nil, try expression()) }
            let name = try expectName("a name to bind")
            _ = advance()
            return .time(name, try expression())
        default: return nil
        }
    }

    /// `help(conv)`, `vars()` and the like, as Python and Julia have them.
    private mutating func callLike(_ word: String) throws(Diagnostic) -> Command? {
        guard next.isMark(.openParenthesis), position + 2 < tokens.count else { return nil }
        let inside = tokens[position + 2]
        let isEmpty = inside.isMark(.closeParenthesis)
        let close = position + (isEmpty ? 2 : 3)
        guard close + 1 < tokens.count, tokens[close].isMark(.closeParenthesis), isEnd(tokens[close + 1])
        else {
            return nil
        }
        let command: Command? =
            switch (word, inside.kind) {
            case ("help", .name(let name)): .help(Name(name, inside.span))
            case ("help", .text(let pieces)):
                if case .literal(let name)? = pieces.first, pieces.count == 1 {
                    .help(Name(name, inside.span))
                } else {
                    nil
                }
            case ("help", _) where isEmpty: .help(nil)
            case ("vars", _) where isEmpty: .variables
            default: nil
            }
        if command != nil { while position <= close { _ = advance() } }
        return command
    }

    private mutating func afterKeyword() throws(Diagnostic) -> Name {
        _ = advance()
        return try word("a name")
    }

    /// Any word, those of the language too.
    mutating func word(_ what: String) throws(Diagnostic) -> Name {
        guard case .name(let name) = current.kind else { throw .expected(what, found: current) }
        return Name(name, advance().span)
    }

    private func isWord(_ token: Token) -> Bool {
        if case .name = token.kind { true } else { false }
    }

    private func isEnd(_ token: Token) -> Bool { token.kind == .newline || token.kind == .end }

    /// Says what to write instead, where a statement begins as one of another language does.
    func refuseHabits() throws(Diagnostic) {
        guard case .name(let word) = current.kind else { return }
        if word == "print", next.isName || startsExpression(next), !next.isMark(.openParenthesis),
            !next.isMark(.openBracket), !next.isMark(.minus)
        {
            throw .needsBrackets(word, at: current.span)
        }
        guard let instead = Habits.statements[word] else { return }
        let isHabit =
            switch next.kind {
            case .name(let name): !["and", "or", "in"].contains(name)
            case .number, .text: true
            case .mark(let mark): word == "while" && mark == .openParenthesis
            case .newline, .end: false
            }
        if isHabit { throw .habit(word, instead, at: current.span) }
    }
}
