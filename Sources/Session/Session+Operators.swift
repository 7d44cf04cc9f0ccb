import Data
import Diagnostics
import Graph
import Operators
import OrderedCollections
import Syntax

import func Foundation.pow

extension Session {
    func evaluate(
        _ left: LocatedExpression, _ operation: BinaryOperator, _ right: LocatedExpression, at span: Span
    ) throws(Diagnostic) -> Value {
        if operation == .and || operation == .or {
            return try evaluateLogical(left, isAnd: operation == .and, right)
        }
        let (first, second) = (try evaluate(left), try evaluate(right))
        switch (first, second) {
        case (.pending, _), (_, .pending): return .pending
        case (.feature(let a), .feature(let b)):
            guard let combination = OperatorList.bySign[operation.rawValue] else { break }
            return .feature(
                try currentTracer(at: span).apply(
                    combination,
                    to: [.init(feature: a, span: left.span), .init(feature: b, span: right.span)], at: span))
        case (.feature(let feature), .number(let number)):
            let affine: (Double, Double)? =
                switch operation {
                case .plus: (1, number)
                case .minus: (1, -number)
                case .times: (number, 0)
                case .divide where number != 0: (1 / number, 0)
                case .divide: throw .divisionByZero(at: right.span)
                case .remainder, .power, .equal, .unequal, .less, .atMost, .greater, .atLeast, .and, .or: nil
                }
            guard let (factor, offset) = affine else { break }
            return .feature(
                try currentTracer(at: span).affine(feature, factor: factor, offset: offset, at: span))
        case (.number(let number), .feature(let feature)):
            let affine: (Double, Double)? =
                switch operation {
                case .plus: (1, number)
                case .minus: (-1, number)
                case .times: (number, 0)
                case .divide, .remainder, .power, .equal, .unequal, .less, .atMost, .greater, .atLeast, .and,
                    .or:
                    nil
                }
            guard let (factor, offset) = affine else { break }
            return .feature(
                try currentTracer(at: span).affine(feature, factor: factor, offset: offset, at: span))
        default:
            if let result = try plain(first, operation, second, at: span, divisor: right.span) {
                return result
            }
        }
        throw .cannotCombine(first, operation.rawValue, second, at: span, left: left.span, right: right.span)
    }

    private func evaluateLogical(
        _ left: LocatedExpression, isAnd: Bool, _ right: LocatedExpression
    ) throws(Diagnostic) -> Value {
        let word = isAnd ? "and" : "or"
        let first = try evaluate(left)
        if case .pending = first { return .pending }
        guard case .boolean(let a) = first else {
            throw .wrongKind(
                "what stands beside `\(word)`", wanted: "true or false", got: first, at: left.span)
        }
        if a != isAnd { return first }
        let second = try evaluate(right)
        if case .pending = second { return .pending }
        guard case .boolean = second else {
            throw .wrongKind(
                "what stands beside `\(word)`", wanted: "true or false", got: second, at: right.span)
        }
        return second
    }

    /// Operators on values other than feature maps; `nil` if they mean nothing for these kinds.
    private func plain(
        _ left: Value, _ operation: BinaryOperator, _ right: Value, at span: Span, divisor: Span
    ) throws(Diagnostic) -> Value? {
        switch operation {
        case .equal: return .boolean(try areEqual(left, right, at: span))
        case .unequal: return .boolean(try !areEqual(left, right, at: span))
        case .less: return Self.compare(left, right, <, <)
        case .atMost: return Self.compare(left, right, <=, <=)
        case .greater: return Self.compare(left, right, >, >)
        case .atLeast: return Self.compare(left, right, >=, >=)
        case .plus:
            if case (.text(let a), .text(let b)) = (left, right) {
                try Self.checkText(a.utf8.count + b.utf8.count, at: span)
                return .text(a + b)
            }
            if let joined = try List(joining: left, right, at: span) { return .list(joined) }
            if case (.dataset(let a), .dataset(let b)) = (left, right) { return .dataset(JoinedPairs(a, b)) }
            return try arithmetic(left, operation, right, at: span, divisor: divisor)
        case .minus, .times, .divide, .remainder, .power:
            return try arithmetic(left, operation, right, at: span, divisor: divisor)
        case .and, .or: return nil
        }
    }

    private func arithmetic(
        _ left: Value, _ operation: BinaryOperator, _ right: Value, at span: Span, divisor: Span
    ) throws(Diagnostic) -> Value? {
        guard case (.number(let a), .number(let b)) = (left, right) else { return nil }
        let result: Double
        switch operation {
        case .plus: result = a + b
        case .minus: result = a - b
        case .times: result = a * b
        case .divide, .remainder:
            guard b != 0 else { throw .divisionByZero(at: divisor) }
            // The sign of a remainder is the divisor's, as in mathematics and Python.
            result = operation == .divide ? a / b : a - b * (a / b).rounded(.down)
        case .power: result = pow(a, b)
        case .equal, .unequal, .less, .atMost, .greater, .atLeast, .and, .or: return nil
        }
        guard result.isFinite || !a.isFinite || !b.isFinite else {
            throw .noFiniteResult("\(formatted(a)) \(operation.rawValue) \(formatted(b))", at: span)
        }
        return .number(result)
    }

    private static func compare(
        _ left: Value, _ right: Value, _ numbers: (Double, Double) -> Bool, _ texts: (String, String) -> Bool
    ) -> Value? {
        switch (left, right) {
        case (.number(let a), .number(let b)): .boolean(numbers(a, b))
        case (.text(let a), .text(let b)): .boolean(texts(a, b))
        default: nil
        }
    }

    /// Equality by content; blocks, networks and sharing modes are equal if they would be written alike.
    func areEqual(_ left: Value, _ right: Value, at span: Span) throws(Diagnostic) -> Bool {
        switch (left, right) {
        case (.number(let a), .number(let b)): return a == b
        case (.text(let a), .text(let b)): return a == b
        case (.boolean(let a), .boolean(let b)): return a == b
        case (.nothing, .nothing): return true
        case (.record(let a), .record(let b)):
            guard a.keys == b.keys else { return false }
            for key in a.keys {
                guard let x = a[key], let y = b[key], try areEqual(x, y, at: span) else { return false }
            }
            return true
        case (.callable(let a), .callable(let b)): return a.description == b.description
        case (.network(let a), .network(let b)): return a.description == b.description
        case (.sharing(let a), .sharing(let b)): return a.name == b.name
        default:
            guard let a = left.elements, let b = right.elements else {
                guard left.kind != right.kind else { throw .cannotCompare(left, at: span) }
                return false
            }
            guard a.count == b.count else { return false }
            for (x, y) in zip(a, b) where try !areEqual(x, y, at: span) { return false }
            return true
        }
    }
}
