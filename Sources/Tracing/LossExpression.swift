import Diagnostics
import Graph
import Language
import Layers
import Operators
import Syntax

/// What a training minimises, as a program writes it: losses with their settings, each times a number.
package struct LossExpression: ForeignValue {
    package static let kind = "a loss"

    /// One loss, and what it counts.
    private struct Term {
        var factor: Double
        let callable: Callable
        let definition: Definition
        let span: Span

        var text: String {
            let call = callable.bound.isEmpty ? "\(callable.name)()" : callable.description
            return factor == 1 ? call : "\(formatted(factor)) * \(call)"
        }
    }

    private var terms: [Term]

    package init(_ callable: Callable, _ definition: Definition, at span: Span) {
        terms = [Term(factor: 1, callable: callable, definition: definition, span: span)]
    }

    /// A loss, also one without brackets; nil for any other value.
    package init?(_ value: Value, at span: Span) {
        if let loss = value.as(LossExpression.self) {
            self = loss
        } else if case .callable(let callable) = value, case .definition(let definition, _) = callable.code,
            definition.kind == .loss
        {
            self.init(callable, definition, at: span)
        } else {
            return nil
        }
    }

    package static func isLoss(_ callable: Callable) -> Bool {
        if case .definition(let definition, _) = callable.code { definition.kind == .loss } else { false }
    }

    package var description: String { terms.map(\.text).joined(separator: " + ") }
    package var isSetting: Bool { true }
    package var callable: Callable? { terms.count == 1 && terms[0].factor == 1 ? terms[0].callable : nil }
    package var definitionSpan: Span? { terms.count == 1 ? terms[0].definition.span : nil }
    package var source: String? {
        terms.map { $0.definition.span.textWithComment }.joined(separator: "\n\n")
    }

    package func equals(_ other: Value) -> Bool? {
        other.as(LossExpression.self).map { $0.description == description }
    }

    /// Sums of losses, and losses times a number.
    package func combined(_ operation: BinaryOperation) throws(Diagnostic) -> Value? {
        let left = LossExpression(operation.left, at: operation.leftSpan)
        let right = LossExpression(operation.right, at: operation.rightSpan)
        switch (left, operation.operation, right, operation.left, operation.right) {
        case (let left?, .plus, let right?, _, _):
            var sum = left
            sum.terms += right.terms
            return .foreign(sum)
        case (let loss?, .times, nil, _, .number(let factor)),
            (nil, .times, let loss?, .number(let factor), _):
            return .foreign(loss.scaled(by: factor))
        default: return nil
        }
    }

    private func scaled(by factor: Double) -> LossExpression {
        var copy = self
        for index in copy.terms.indices { copy.terms[index].factor *= factor }
        return copy
    }

    /// Traces the loss for a network's supervised outputs.
    /// - Parameters:
    ///   - network: whose outputs restore images of `channels` channels.
    ///   - weights: what each output's loss counts; 1 where there are none.
    /// - Throws: `loss-not-scalar`, `loss-with-weights`; what tracing finds wrong.
    package func graph(
        for network: Graph, weights: [Double]?, channels: Int, in tracing: Tracing, at span: Span
    ) throws(Diagnostic) -> LossGraph {
        try tracing.tracing(with: Tracer(sharing: nil, captured: [:], tracing)) { tracer throws(Diagnostic) in
            let both = tracer.input(channels: 2 * channels)
            func apply(_ operation: any Operator, _ features: Feature...) throws(Diagnostic) -> Feature {
                try tracer.apply(operation, to: features.map { .init(feature: $0, span: span) }, at: span)
            }
            let sharp = try apply(Slice(channels..<2 * channels), both)
            var places: [NodeID] = []
            for (index, output) in network.outputs.enumerated() {
                let shape = network[output].shape
                let place = try apply(Zeros(shape))
                places.append(place.node)
                let factor = shape.size.scale?.denominator ?? 1
                let target = factor == 1 ? sharp : try apply(Downsize(by: factor), sharp)
                let value = try value(of: place, target, in: tracing, tracer)
                try tracer.output(
                    weights.map { weights throws(Diagnostic) in
                        try tracer.affine(value, factor: weights[index], offset: 0, at: span)
                    } ?? value, at: span)
                if output == network.outputs.last {
                    // For the PSNR that is shown: it has no gradient.
                    let error = try apply(Subtract(), apply(Detach(), place), target)
                    try tracer.output(apply(Mean(), apply(Multiply(), error, error)), at: span)
                }
            }
            return LossGraph(tracer.graph(), places: places, channels: channels, description: description)
        }
    }

    /// The sum of the terms for one output.
    private func value(
        of output: Feature, _ target: Feature, in tracing: Tracing, _ tracer: Tracer
    ) throws(Diagnostic) -> Feature {
        var sum: Feature?
        for term in terms {
            let value = try tracing.value(of: term.callable, term.definition, output, target, at: term.span)
            guard value.shape == Shape(channels: 1, size: .fixed(height: 1, width: 1)) else {
                throw Diagnostic(
                    "loss-not-scalar",
                    "the loss `\(term.callable.name)` returns \(value.shape), not one value",
                    at: term.definition.name.span,
                    related: [.init(term.span, "it is used here")],
                    hint: "`mean(x)` makes one value of a feature map")
            }
            let part =
                term.factor == 1
                ? value : try tracer.affine(value, factor: term.factor, offset: 0, at: term.span)
            sum =
                try sum.map { before throws(Diagnostic) in
                    try tracer.apply(
                        Add(),
                        to: [
                            .init(feature: before, span: term.span), .init(feature: part, span: term.span),
                        ], at: term.span)
                } ?? part
        }
        guard let sum else { preconditionFailure("a loss of no terms") }
        if let parameter = tracer.firstParameter {
            throw Diagnostic(
                "loss-with-weights", "a loss has no weights of its own, and this makes `\(parameter.name)`",
                at: parameter.span, related: [.init(terms[0].span, "the loss is used here")],
                hint: "what is learned belongs in the network")
        }
        return sum
    }
}

extension Tracing {
    /// What a loss returns for an output and its target.
    fileprivate func value(
        of callable: Callable, _ definition: Definition, _ output: Feature, _ target: Feature, at span: Span
    ) throws(Diagnostic) -> Feature {
        guard definition.parameters.count >= 2 else {
            throw Diagnostic(
                "loss-arguments", "the loss `\(callable.name)` must take an output and its target",
                at: definition.name.span, hint: "`loss \(callable.name)(output, target) { … }`")
        }
        let maps = zip(definition.parameters, [output, target]).map { parameter, map in
            Callable.BoundArgument(name: parameter.name.value, value: .foreign(map), span: span)
        }
        let result = try interpreter.runDefinition(
            definition, closure: callable.closure, with: maps + callable.bound, caller: nil, at: span)
        guard let feature = result.as(Feature.self) else {
            throw Diagnostic(
                "loss-not-scalar",
                "the loss `\(callable.name)` returns \(result.kind), not one value of its output and target",
                at: definition.name.span, related: [.init(span, "it is used here")],
                hint: "end it with `return mean(…)` of feature maps")
        }
        return feature
    }
}
