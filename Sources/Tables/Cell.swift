/// One value of a result table.
///
/// A number, a truth value and nothing at all stand bare in a CSV file; a text that would be read as one of
/// them is quoted there, so that what is read back equals what was written.
public enum Cell: Sendable {
    case number(Double)
    case text(String)
    case boolean(Bool)
    case missing

    /// What a bare (unquoted) CSV field means: nothing, a truth value, a decimal number, or else a text.
    public init(bare field: String) {
        switch field {
        case "": self = .missing
        case "true": self = .boolean(true)
        case "false": self = .boolean(false)
        case "inf": self = .number(.infinity)
        case "-inf": self = .number(-.infinity)
        case "nan": self = .number(.nan)
        default:
            if Self.isDecimal(field), let number = Double(field) {
                self = .number(number)
            } else {
                self = .text(field)
            }
        }
    }

    /// Whether `field` is sign, digits, fraction and exponent: Swift's own parser also takes `0x1p3` and
    /// `infinity`.
    private static func isDecimal(_ field: String) -> Bool {
        var rest = Array(field.utf8)[...]
        func skipDigits() -> Int {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest = rest.dropFirst(digits)
            return digits
        }
        func skipSign() {
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        }
        skipSign()
        guard skipDigits() > 0 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard skipDigits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            skipSign()
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    public var number: Double? {
        switch self {
        case .number(let number): number
        case .text, .boolean, .missing: nil
        }
    }

    public var isMissing: Bool { self == .missing }
}

extension Cell: Hashable {
    /// As values of a table: not-a-number equals itself, so that a row equals the same row read back.
    public static func == (left: Cell, right: Cell) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left == right || (left.isNaN && right.isNaN)
        case (.text(let left), .text(let right)): left == right
        case (.boolean(let left), .boolean(let right)): left == right
        case (.missing, .missing): true
        case (.number, _), (.text, _), (.boolean, _), (.missing, _): false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .number(let number): hasher.combine(number.isNaN ? .nan : number)
        case .text(let text): hasher.combine(text)
        case .boolean(let flag): hasher.combine(flag)
        case .missing: hasher.combine(0)
        }
    }
}

extension Cell: CustomStringConvertible {
    /// The value without quotes. A number has the fewest digits that read back as the same one, and no `.0`.
    public var description: String {
        switch self {
        case .number(let number): Self.print(number)
        case .text(let text): text
        case .boolean(let flag): flag ? "true" : "false"
        case .missing: ""
        }
    }

    private static func print(_ number: Double) -> String {
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
