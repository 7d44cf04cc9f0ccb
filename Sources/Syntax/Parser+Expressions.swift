import Diagnostics

extension Parser {
    mutating func expression() throws(Diagnostic) -> LocatedExpression {
        try nested { parser throws(Diagnostic) in try parser.binary(minimum: 0) }
    }

    private struct Level {
        let binding: BinaryOperator
        let precedence: Int
    }

    /// The operators that stand between two expressions, loosest first: or, and, comparisons, `..`, sums,
    /// products.
    private func level(of token: Token) -> Level? {
        switch token.kind {
        case .name("or"): Level(binding: .or, precedence: 1)
        case .name("and"): Level(binding: .and, precedence: 2)
        case .mark(.equal): Level(binding: .equal, precedence: 4)
        case .mark(.unequal): Level(binding: .unequal, precedence: 4)
        case .mark(.less): Level(binding: .less, precedence: 4)
        case .mark(.atMost): Level(binding: .atMost, precedence: 4)
        case .mark(.greater): Level(binding: .greater, precedence: 4)
        case .mark(.atLeast): Level(binding: .atLeast, precedence: 4)
        case .mark(.plus): Level(binding: .plus, precedence: 6)
        case .mark(.minus): Level(binding: .minus, precedence: 6)
        case .mark(.times): Level(binding: .times, precedence: 7)
        case .mark(.divide): Level(binding: .divide, precedence: 7)
        case .mark(.remainder): Level(binding: .remainder, precedence: 7)
        case .mark, .name, .number, .text, .newline, .end: nil
        }
    }

    private static let notPrecedence = 3
    private static let comparisonPrecedence = 4
    private static let rangePrecedence = 5
    private static let unaryPrecedence = 8

    /// Precedence climbing; all operators here bind to the left.
    private mutating func binary(minimum: Int) throws(Diagnostic) -> LocatedExpression {
        var left = try prefix(minimum: minimum)
        var links = 0
        while true {
            try count(&links)
            if current.isMark(.range), Self.rangePrecedence >= minimum {
                _ = advance()
                let right = try operand(minimum: Self.rangePrecedence + 1)
                left = Located(.range(left, right), left.span.through(right.span))
                if current.isMark(.range) { throw .expected("the end of the range", found: current) }
                continue
            }
            guard let level = level(of: current), level.precedence >= minimum else { return left }
            _ = advance()
            let right = try operand(minimum: level.precedence + 1)
            left = Located(.binary(left, level.binding, right), left.span.through(right.span))
            if level.precedence == Self.comparisonPrecedence,
                let again = self.level(of: current), again.precedence == Self.comparisonPrecedence
            {
                throw .chainedComparison(at: current.span)
            }
        }
    }

    /// A chain of operators or calls is a tree as deep as it is long, and is walked by recursion later.
    private func count(_ links: inout Int) throws(Diagnostic) {
        links += 1
        guard links <= Self.chainLimit else { throw .tooLong(at: current.span) }
    }

    private mutating func operand(minimum: Int) throws(Diagnostic) -> LocatedExpression {
        try nested { parser throws(Diagnostic) in try parser.binary(minimum: minimum) }
    }

    private mutating func prefix(minimum: Int) throws(Diagnostic) -> LocatedExpression {
        let start = current.span
        if takeWord("not") {
            let operand = try operand(minimum: Self.notPrecedence)
            return Located(.unary(.not, operand), start.through(operand.span))
        }
        if take(.minus) {
            let operand = try operand(minimum: Self.unaryPrecedence)
            return Located(.unary(.minus, operand), start.through(operand.span))
        }
        return try power()
    }

    /// `a ^ b`, which binds tighter than a minus before it and to the right.
    private mutating func power() throws(Diagnostic) -> LocatedExpression {
        let base = try postfix()
        guard take(.power) else { return base }
        let exponent = try operand(minimum: Self.unaryPrecedence)
        return Located(.binary(base, .power, exponent), base.span.through(exponent.span))
    }

    private mutating func postfix() throws(Diagnostic) -> LocatedExpression {
        var base = try primary()
        var links = 0
        while true {
            if take(.openParenthesis) {
                let arguments = try arguments()
                base = Located(.call(base, arguments), base.span.through(previousSpan))
            } else if take(.openBracket) {
                let index = try expression()
                try expect(.closeBracket, "after the element's number")
                base = Located(.element(base, index), base.span.through(previousSpan))
            } else if take(.dot) {
                let name = try expectName("a field's name")
                base = Located(.field(base, name), base.span.through(name.span))
            } else {
                return base
            }
            try count(&links)
        }
    }

    private mutating func arguments() throws(Diagnostic) -> [Argument] {
        var arguments: [Argument] = []
        var names: [String: Span] = [:]
        while !current.isMark(.closeParenthesis) {
            var name: Name?
            if current.isName, next.isMark(.assign) {
                name = try expectName("an argument's name")
                _ = advance()
            }
            let value = try expression()
            if let name {
                if let first = names.updateValue(name.span, forKey: name.value) {
                    throw .repeated("argument", name.value, at: name.span, first: first)
                }
            } else if arguments.last?.name != nil {
                throw .positionalAfterNamed(at: value.span)
            }
            arguments.append(Argument(name: name, value: value))
            guard take(.comma) else { break }
        }
        try expect(.closeParenthesis, "or `,` after the argument")
        return arguments
    }

    mutating func primary() throws(Diagnostic) -> LocatedExpression {
        let token = current
        switch token.kind {
        case .number(let value):
            _ = advance()
            return Located(.number(value), token.span)
        case .text(let pieces):
            _ = advance()
            return Located(.text(try parts(pieces)), token.span)
        case .name("true"), .name("false"):
            _ = advance()
            return Located(.boolean(token.isWord("true")), token.span)
        case .name("none"):
            _ = advance()
            return Located(.nothing, token.span)
        case .name("if"): return try conditional()
        case .name(let name):
            guard token.isName else { throw .expected("a value", found: token) }
            _ = advance()
            return Located(.name(name), token.span)
        case .mark(.openParenthesis):
            _ = advance()
            let inner = try expression()
            try expect(
                .closeParenthesis, "to close the bracket",
                hint: current.isMark(.comma) ? "a list is written `[1, 2]`" : nil)
            return Located(inner.value, token.span.through(previousSpan))
        case .mark(.openBracket): return try list()
        case .mark, .newline, .end: throw .expected("a value", found: token, hint: misreading(of: token))
        }
    }

    /// What people who know other languages may mean by a mark where a value should come.
    private func misreading(of token: Token) -> String? {
        let before: Token.Mark? =
            if position > 0, case .mark(let mark) = tokens[position - 1].kind { mark } else { nil }
        guard case .mark(let mark) = token.kind else {
            // `x++` and `x--` at the end of a line.
            let isDoubled = position > 1 && tokens[position - 2].kind == tokens[position - 1].kind
            return isDoubled && (before == .plus || before == .minus) ? "write `x = x + 1`" : nil
        }
        switch mark {
        case .assign:
            guard let before, before.isArithmetic else { return nil }
            let sign = before.rawValue
            return "there is no `\(sign)=`; write `x = x \(sign) …`"
        case .times: return before == .times ? "a power is written `x ^ 2`" : nil
        case .divide:
            return before == .divide
                ? "a whole quotient is `floor(a / b)`; a comment begins with `#`" : nil
        case .plus: return before == .plus ? "write `x = x + 1`" : nil
        case .openBrace: return "braces hold statements; a list is written `[1, 2]`"
        case .dot: return "write a zero before the point: `0.5`"
        case .remainder:
            return before == nil ? "it is written without: `time expression`, `run \"file.acu\"`" : nil
        case .range, .equal, .unequal, .atMost, .atLeast, .minus, .power, .less, .greater, .comma,
            .openParenthesis, .closeParenthesis, .openBracket, .closeBracket, .closeBrace, .question,
            .doubleQuestion:
            return nil
        }
    }

    private mutating func list() throws(Diagnostic) -> LocatedExpression {
        let open = advance()
        var elements: [LocatedExpression] = []
        while !current.isMark(.closeBracket) {
            elements.append(try expression())
            guard take(.comma) else { break }
        }
        try expect(
            .closeBracket, "or `,` in the list",
            hint: current.isWord("for") ? "a loop fills a list: `list = list + [x]`" : nil)
        return Located(.list(elements), open.span.through(previousSpan))
    }

    private mutating func parts(_ pieces: [Token.TextPiece]) throws(Diagnostic) -> [TextPart] {
        var parts: [TextPart] = []
        for piece in pieces {
            switch piece {
            case .literal(let text): parts.append(.literal(text))
            case .tokens(let tokens):
                var inner = Parser(pieces: tokens, depth: depth)
                let value = try inner.expression()
                guard inner.current.kind == .newline else { throw .expected("`}`", found: inner.current) }
                parts.append(.value(value))
            }
        }
        return parts
    }

    private mutating func conditional() throws(Diagnostic) -> LocatedExpression {
        let keyword = advance()
        let condition = try expression()
        let then = try braced("the body of the `if`")
        var otherwise: Body?
        let end = position
        skipNewlines()
        if takeWord("else") {
            if current.isWord("if") {
                let inner = try nested { parser throws(Diagnostic) in try parser.conditional() }
                otherwise = [Statement(kind: .expression(inner), span: inner.span)]
            } else {
                otherwise = try braced("the body of the `else`")
            }
        } else {
            position = end
        }
        return Located(
            .conditional(condition, then: then, otherwise: otherwise), keyword.span.through(previousSpan))
    }
}
