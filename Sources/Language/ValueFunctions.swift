import Diagnostics

import func Foundation.exp
import func Foundation.log

/// Functions of values alone.
package enum ValueFunctions {
    package static let all: [Function<Void>] = [
        Function(
            Builtin(
                "fail", .values, [.required("message", .text)],
                "Ends the script, or the row of an experiment, with a mistake that says `message`.",
                examples: [
                    "size = \"small\"\nif size != \"small\" and size != \"large\" { fail(\"size is small or large\") }"
                ])
        ) { _, arguments throws(Diagnostic) in
            throw Diagnostic("failed", try arguments.text("message"), at: arguments.span)
        },
        Function(
            Builtin(
                "count", .values, [.required("list", .anything("a list, range, text, record or dataset"))],
                "How many elements, letters, fields or pairs it has.",
                examples: ["count([1, 2, 3])  # 3", "count(1..0)  # 0"])
        ) { _, arguments throws(Diagnostic) in
            let value = try arguments.value("list")
            switch value {
            case .text(let text): return .number(Double(text.count))
            case .record(let fields): return .number(Double(fields.count))
            case .list, .range, .nothing, .number, .boolean, .callable, .foreign, .pending:
                guard let count = value.elementCount else { throw arguments.wrong("list", value) }
                return .number(Double(count))
            }
        },
        Function(
            Builtin(
                "reversed", .values, [.required("list", .list("a list or a range"))],
                "Its elements from the last to the first.",
                examples: [
                    "reversed(1..3)  # [3, 2, 1]"
                ])
        ) { _, arguments throws(Diagnostic) in
            .list(List(try arguments.elements("list").reversed()))
        },
        statistic("sum", "The sum of the numbers; 0 for none.", "sum([1, 2, 3])  # 6") { numbers in
            numbers.reduce(0, +)
        },
        statistic(
            "mean",
            "The arithmetic mean of the numbers; of a feature map, over all its channels and pixels: one pixel.",
            "mean([1, 2, 3])  # 2", takesMaps: true
        ) { numbers in
            numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
        },
        statistic("minimum", "The smallest of the numbers.", "minimum([3, 1, 2])  # 1") { numbers in
            numbers.min()
        },
        statistic("maximum", "The largest of the numbers.", "maximum([3, 1, 2])  # 3") { numbers in
            numbers.max()
        },
        Function(
            Builtin(
                "round", .values, [.required("x", .number), .standard("digits", .whole(0...15), .number(0))],
                "x rounded to `digits` decimal places, halves away from zero.",
                examples: [
                    "round(3.14159, digits = 2)  # 3.14"
                ])
        ) { _, arguments throws(Diagnostic) in
            var scale = 1.0
            for _ in 0..<(try arguments.whole("digits")) { scale *= 10 }
            let x = try arguments.number("x")
            // From 2^52 on, a Double has no fraction to round, and its multiple would round it.
            guard abs(x) < 0x1p52 else { return .number(x) }
            let rounded = (x * scale).rounded() / scale
            return .number(rounded.isFinite ? rounded : x)
        },
        function("floor", "The largest whole number that is not above x.", "floor(7 / 2)  # 3") {
            $0.rounded(.down)
        },
        function("abs", "x without its sign.", "abs(-3)  # 3", takesMaps: true) { $0.magnitude },
        function("sqrt", "The square root of x, which must not be negative.", "sqrt(9)  # 3", takesMaps: true)
        {
            $0.squareRoot()
        },
        function("exp", "e to the power of x.", "round(exp(1), digits = 4)  # 2.7183", takesMaps: true) {
            exp($0)
        },
        function(
            "log", "The natural logarithm of x, which must be positive.",
            "round(log(2), digits = 4)  # 0.6931", takesMaps: true
        ) {
            log($0)
        },
    ]

    private static func statistic(
        _ name: String, _ help: String, _ example: String, takesMaps: Bool = false,
        _ compute: @escaping @Sendable ([Double]) -> Double?
    ) -> Function<Void> {
        let kind = Kind.list("a list of numbers")
        return Function(
            Builtin(
                name, .values, [.required("list", takesMaps ? .either([kind, anyMap]) : kind)], help,
                examples: [example])
        ) {
            _, arguments throws(Diagnostic) in
            if let value = try value(of: name, "list", arguments) { return value }
            var numbers: [Double] = []
            for value in try arguments.elements("list") {
                guard case .number(let number) = value else {
                    throw .wrongKind(
                        "each element given to `\(name)`", wanted: "a number", got: value,
                        at: arguments.span(of: "list"))
                }
                numbers.append(number)
            }
            guard let result = compute(numbers) else {
                throw .emptyList(name, at: arguments.span(of: "list"))
            }
            return .number(result)
        }
    }

    /// Feature maps belong to a layer above, which says what a function of numbers makes of them.
    private static let anyMap = Kind.foreign(
        .init(
            "a feature map",
            accepts: { value in
                if case .foreign(let map) = value { type(of: map).kind == "a feature map" } else { false }
            }))

    private static func value(
        of function: String, _ parameter: String, _ arguments: Arguments
    ) throws(Diagnostic) -> Value? {
        guard case .foreign(let map) = try arguments.value(parameter) else { return nil }
        return try map.value(of: function, at: arguments.span)
    }

    private static func function(
        _ name: String, _ help: String, _ example: String, takesMaps: Bool = false,
        _ compute: @escaping @Sendable (Double) -> Double
    ) -> Function<Void> {
        let help = takesMaps ? help + " Of a feature map, for each value." : help
        let kind = takesMaps ? Kind.either([.number, anyMap]) : .number
        return Function(Builtin(name, .values, [.required("x", kind)], help, examples: [example])) {
            _, arguments throws(Diagnostic) in
            if let value = try value(of: name, "x", arguments) { return value }
            let x = try arguments.number("x")
            let result = compute(x)
            guard result.isFinite else {
                throw .noFiniteResult("\(name)(\(formatted(x)))", at: arguments.span)
            }
            return .number(result)
        }
    }
}

extension Diagnostic {
    package static func emptyList(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic("empty-list", "`\(name)` of an empty list has no value", at: span)
    }
}
