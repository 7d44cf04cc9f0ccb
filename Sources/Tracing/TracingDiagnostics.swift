import Diagnostics
import Graph
import Language
import Operators
import Syntax

extension Diagnostic {
    // MARK: Networks

    package static func outsideNetwork(_ callable: Callable, at span: Span) -> Diagnostic {
        let setting = callable.parameterNames.dropFirst().first
        return Diagnostic(
            "outside-network",
            "`\(callable.name)` can be applied to a feature map only inside a block or a network",
            at: span,
            hint: setting.map { "settings are given by name: `\(callable.name)(\($0) = …)`" }
                ?? "`\(callable.name)` alone is the block itself")
    }

    package static func featureOutsideNetwork(at span: Span) -> Diagnostic {
        Diagnostic("outside-network", "feature maps exist only inside a block or a network", at: span)
    }

    package static func foreignFeature(at span: Span) -> Diagnostic {
        Diagnostic("outside-network", "this feature map belongs to another network", at: span)
    }

    package static func noOutput(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-output", "the network `\(name)` gives no output", at: span,
            hint: "write `output x` for each image that is to be compared with the sharp one")
    }

    package static func sameOutput(at span: Span) -> Diagnostic {
        Diagnostic("repeated-output", "this feature map is an output already", at: span)
    }

    package static func noInput(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-input", "the network `\(name)` takes no image", at: span,
            hint: "its first argument is the blurred image: `network \(name)(blurred, …)`")
    }

    package static func blockWithoutResult(_ name: Name, got value: Value, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-value", "the block `\(name.value)` returns \(value.kind), not a feature map", at: span,
            related: [Label(name.span, "defined here")], hint: "end it with `return x`")
    }

    package static func weightClash(
        _ name: String, _ shape: [Int], at span: Span, _ first: [Int], at firstSpan: Span
    ) -> Diagnostic {
        Diagnostic(
            "weight-clash", "two uses of the weights `\(name)` need different shapes", at: span,
            related: [Label(firstSpan, "needs \(described(first))")],
            hint: "let the sharing mode tell these uses apart by one more index"
        ).labelled("needs \(described(shape))")
    }

    private static func described(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }

    package static func extremeSize(_ size: MapSize, limit: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "extreme-scale", "this has \(size)", at: span,
            notes: ["sides of images would have to be multiples of more than \(limit) pixels"])
    }

    // MARK: Sharing

    package static func roleWithoutRule(_ role: Name, in mode: SharingDefinition) -> Diagnostic {
        let roles = mode.rules.map(\.role.value)
        return Diagnostic(
            "role-without-rule",
            "the sharing mode `\(mode.name.value)` does not name the role `\(role.value)`",
            at: role.span,
            related: [Label(mode.name.span, "names \(roles.isEmpty ? "no roles" : listed(roles))")],
            hint: Diagnostics.nearest(to: role.value, among: roles).map {
                "is `\($0)` in the mode meant to be `\(role.value)`, or the other way round?"
            }
                ?? "add a line `\(role.value) by …`, or `\(role.value)` alone if its weights are the same everywhere"
        )
    }

    package static func indexNotInScope(_ index: Name, role: Name, mode: SharingDefinition) -> Diagnostic {
        Diagnostic(
            "index-not-in-scope",
            "the weights of `\(role.value)` differ by `\(index.value)`, which has no value here",
            at: role.span, related: [Label(index.span, "asked for by the sharing mode `\(mode.name.value)`")],
            hint: "bind it before: `\(index.value) = …`, or loop over it")
    }
}
