import Diagnostics
import Syntax
import Testing

/// An expression with every operation in brackets, so that a test can see what binds to what.
private func bracketed(_ expression: LocatedExpression) -> String {
    switch expression.value {
    case .number(let number): "\(Int(number))"
    case .text: "text"
    case .boolean(let boolean): "\(boolean)"
    case .nothing: "none"
    case .name(let name): name
    case .list(let elements): "[" + elements.map(bracketed).joined(separator: " ") + "]"
    case .range(let low, let high): "(\(bracketed(low)) .. \(bracketed(high)))"
    case .unary(let operation, let operand): "(\(operation.rawValue) \(bracketed(operand)))"
    case .binary(let left, let operation, let right):
        "(\(bracketed(left)) \(operation.rawValue) \(bracketed(right)))"
    case .call(let callee, let arguments):
        bracketed(callee) + "("
            + arguments.map { ($0.name.map { "\($0.value): " } ?? "") + bracketed($0.value) }.joined(
                separator: " ") + ")"
    case .element(let base, let index): "\(bracketed(base))[\(bracketed(index))]"
    case .field(let base, let name): "\(bracketed(base)).\(name.value)"
    case .conditional(let condition, let then, let otherwise):
        "if \(bracketed(condition)) \(then.count) \(otherwise?.count ?? 0)"
    }
}

private func statements(_ text: String) throws -> [Statement] {
    try Parser.parse(Source(name: "test", text: text))
}

private func mistake(_ text: String) -> Diagnostic? {
    #expect(throws: Diagnostic.self) { try statements(text) }
}

struct ParserTests {
    @Test(arguments: [
        ("1 + 2 * 3", "(1 + (2 * 3))"), ("1 - 2 - 3", "((1 - 2) - 3)"), ("2 ^ 3 ^ 4", "(2 ^ (3 ^ 4))"),
        ("-2 ^ 2", "(- (2 ^ 2))"), ("2 ^ -1", "(2 ^ (- 1))"), ("1..2 + 3", "(1 .. (2 + 3))"),
        ("not a == b", "(not (a == b))"), ("not a and b", "((not a) and b)"),
        ("a or b and c", "(a or (b and c))"),
        ("-a.b[1](2)", "(- a.b[1](2))"), ("a * -b", "(a * (- b))"), ("(1 + 2) * 3", "((1 + 2) * 3)"),
        ("f(1, x = 2)", "f(1 x: 2)"), ("f(x == 2)", "f((x == 2))"), ("1 + 1 < 2 * 2", "((1 + 1) < (2 * 2))"),
        ("[1, 2,]", "[1 2]"), ("widths[level + 1] % 2", "(widths[(level + 1)] % 2)"),
    ])
    func `operators bind as in mathematics`(text: String, expected: String) throws {
        let parsed = try Parser.parseExpression(Source(name: "test", text: text))
        #expect(bracketed(parsed) == expected)
    }

    @Test(arguments: [
        "sharing = 3", "output = 3", "weights = [1]", "block = 1", "experiment = 2", "record = 4",
        "source = 5",
        "over = 1", "by = 2", "f(sharing = sharing, output = output)", "where = 1",
    ])
    func `words of the language are names where they begin no statement`(text: String) throws {
        #expect(try statements(text).count == 1)
    }

    @Test(arguments: [
        ("if = 3", "reserved-word"), ("f(for = 3)", "unexpected"), ("block if(x) { }", "unexpected"),
        ("block b(x, x) { }", "repeated-name"), ("f(a = 1, a = 2)", "repeated-name"),
        ("f(a = 1, 2)", "argument-order"),
        ("sharing s { a by b\n a by c }", "repeated-name"), ("sharing s { a by b, b }", "repeated-name"),
        ("a < b < c", "chained-comparison"), ("1..2..3", "unexpected"), ("x = = 3", "unexpected"),
        ("x y", "unexpected"), ("a[1] = 3", "unexpected"), ("}", "unexpected"),
        ("record a = 1", "misplaced"), ("over a in [1]", "misplaced"),
        ("experiment \"a\" { experiment \"b\" { } }", "misplaced"),
        ("experiment \"a\" { over x in [1]\nover x in [2] }", "repeated-name"),
        ("experiment \"a\" { record a = 1, a = 2 }", "repeated-name"),
        ("experiment \"a\" { function f() { record a = 1 } }", "misplaced"),
    ])
    func `malformed statements have a diagnostic of their own`(text: String, code: String) {
        #expect(mistake(text)?.code == code)
    }

    @Test(arguments: [
        "x = ", "f(", "[1, 2", "block b(x) {", "if a {", "1 +", "for x in", "repeat 3 {\n x = 1",
        "experiment \"a\" {",
        "sharing s {", "weights r {", "record_of(a,", "x = if a { 1 } else {",
    ])
    func `what more lines could mend is called unfinished`(text: String) {
        #expect(mistake(text)?.code == Diagnostic.unfinishedCode)
    }

    @Test func `an else may stand on the next line`() throws {
        let parsed = try statements("if a { 1 }\nelse { 2 }\nb")
        #expect(parsed.count == 2)
    }

    @Test func `the design's page parses`() throws {
        let page = """
            network n(blurred, widths = [16, 32]) {
                for level in reversed(1..count(widths)) {
                    if level < count(widths) {
                        weights reconstruct { x = relu(deconv(x, widths[level])) + skips[level] }
                    }
                    weights extract { x = relu(conv(x, widths[level], stride = if level == 1 { 1 } else { 2 })) }
                }
                output sharp                       # every output is supervised
            }
            experiment "block-ablation" {
                over transform in [stacked(convs = 8), nested(order = 4)]
                over seed in 1..3
                where not (seed == 2 and transform == nested(order = 4))
                record transform = transform, seed = seed,
                    psnr = score.psnr
            }
            """
        let parsed = try statements(page)
        guard case .definition(let network) = parsed[0].kind,
            case .experiment(let experiment) = parsed[1].kind
        else {
            Issue.record("not a network and an experiment")
            return
        }
        #expect(network.parameters.map(\.name.value) == ["blurred", "widths"])
        #expect(experiment.axes.map(\.name.value) == ["transform", "seed"])
        #expect(experiment.conditions.count == 1)
        #expect(experiment.body.count == 1)
    }

    @Test(arguments: [
        String(repeating: "[", count: 100_000), String(repeating: "(", count: 100_000) + "1",
        "x = " + String(repeating: "not ", count: 100_000) + "a",
        String(repeating: "-", count: 100_000) + "1",
        "1" + String(repeating: " + 1", count: 100_000), "f" + String(repeating: "()", count: 100_000),
        "2" + String(repeating: " ^ 2", count: 100_000), String(repeating: "if a {", count: 100_000),
        "if a { }" + String(repeating: " else if a { }", count: 100_000),
        String(repeating: "\"{", count: 100_000), String(repeating: "block b(x) {\n", count: 100_000),
    ])
    func `nesting beyond all reason is refused, not followed`(text: String) {
        let code = mistake(text)?.code
        #expect(code == "too-deep" || code == "too-long")
    }
}
