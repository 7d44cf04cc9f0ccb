import Diagnostics

// What the parser makes: names and structure, no values and no shapes.

/// A piece of syntax and where it stands.
public struct Located<Value: Sendable>: Sendable {
    public let value: Value
    public let span: Span

    public init(_ value: Value, _ span: Span) {
        self.value = value
        self.span = span
    }
}

public typealias Name = Located<String>
public typealias LocatedExpression = Located<Expression>
public typealias Body = [Statement]

public indirect enum Expression: Sendable {
    case number(Double)
    case text([TextPart])
    case boolean(Bool)
    /// `none`: no value, or an argument that is not given.
    case nothing
    case name(String)
    case list([LocatedExpression])
    /// Whole numbers from the first to the second, both included.
    case range(LocatedExpression, LocatedExpression)
    case unary(UnaryOperator, LocatedExpression)
    case binary(LocatedExpression, BinaryOperator, LocatedExpression)
    case call(LocatedExpression, [Argument])
    case element(LocatedExpression, LocatedExpression)
    case field(LocatedExpression, Name)
    case conditional(LocatedExpression, then: Body, otherwise: Body?)
}

public enum TextPart: Sendable {
    case literal(String)
    case value(LocatedExpression)
}

public enum UnaryOperator: String, Sendable { case minus = "-", not }

public enum BinaryOperator: String, Sendable {
    case plus = "+", minus = "-", times = "*", divide = "/", remainder = "%", power = "^"
    case equal = "==", unequal = "!=", less = "<", atMost = "<=", greater = ">", atLeast = ">="
    case and, or
}

public struct Argument: Sendable {
    public let name: Name?
    public let value: LocatedExpression
}

public struct Statement: Sendable {
    public indirect enum Kind: Sendable {
        case expression(LocatedExpression)
        case assignment(Name, LocatedExpression)
        case definition(Definition)
        case sharing(SharingDefinition)
        case weights(role: Name, Body)
        case repetition(LocatedExpression, Body)
        case loop(Name, LocatedExpression, Body)
        case result(LocatedExpression?)
        case output(LocatedExpression)
        case experiment(ExperimentDefinition)
        case record([Field])
        case source(Name)
        case command(Command)
    }

    public let kind: Kind
    public let span: Span
}

/// What is said to the session rather than computed: statements that stand by themselves, at a script's top
/// level.
public enum Command: Sendable {
    /// `help`, `help data`, `?conv`
    case help(Name?)
    /// `apropos blur`
    case apropos(Name)
    case variables
    case reset
    case forget([Name])
    case saveSession(LocatedExpression)
    case runFile(LocatedExpression)
    /// `time x`, or `time name = x`, which binds it too.
    case time(Name?, LocatedExpression)
    case edit(Name)

    public var word: String {
        switch self {
        case .help: "help"
        case .apropos: "apropos"
        case .variables: "vars"
        case .reset: "reset"
        case .forget: "forget"
        case .saveSession: "save_session"
        case .runFile: "run"
        case .time: "time"
        case .edit: "edit"
        }
    }
}

/// `name = expression` in a `record` line.
public struct Field: Sendable {
    public let name: Name
    public let value: LocatedExpression
    /// The expression as tokens, so that a fingerprint sees what is computed but not how it is laid out.
    public let tokens: [Token]
}

/// `block`, `network`, `loss` or `function`.
public struct Definition: Sendable {
    public enum Kind: String, Sendable { case block, network, loss, function }

    public struct ParameterDefinition: Sendable {
        public let name: Name
        public let defaultValue: LocatedExpression?
    }

    public let kind: Kind
    public let name: Name
    public let parameters: [ParameterDefinition]
    public let body: Body
    public let span: Span
}

/// `sharing NAME { role by index, index … }`: for each role, what its weights differ by.
public struct SharingDefinition: Sendable {
    public struct Rule: Sendable {
        public let role: Name
        public let indices: [Name]
    }

    public let name: Name
    public let rules: [Rule]
    public let span: Span
}

public struct ExperimentDefinition: Sendable {
    public struct Axis: Sendable {
        public let name: Name
        public let values: LocatedExpression
    }

    public let name: LocatedExpression
    public let axes: [Axis]
    public let conditions: [LocatedExpression]
    public let body: Body
}
