import Diagnostics
import Engine
import Language
import Training

/// Arguments of `train` for what happens at each step beside the optimiser's own.
extension TrainingFunctions {
    static let stepParameters: [Builtin.Parameter] = [
        .derived("clip_norm", .number, "none").about(
            "the gradients of a step are made smaller together where the root of the sum of their squares is above it"
        ),
        .derived("clip_value", .number, "none").about(
            "each value of a gradient is brought within plus and minus this"),
        .derived("average", .number, "none").about(
            "the model, as scored and saved, is a running mean of the weights that keeps this share of itself at each step, such as 0.999"
        ),
        .derived("freeze", .list("a list of roles"), "none").about(
            "roles whose weights stay as they begin, such as [\"extract\"]: most useful with `from`"),
        .derived("rates", .list("a list of roles with factors"), "none").about(
            "roles whose learning rate is so many times that of the others, such as [[\"transform\", 0.1]]"),
    ]

    static func chooseSteps(
        _ arguments: Arguments, in settings: inout TrainingSettings
    ) throws(Diagnostic) {
        let norm = try arguments.given("clip_norm", arguments.number)
        let value = try arguments.given("clip_value", arguments.number)
        if norm != nil, value != nil {
            throw Diagnostic(
                "no-effect", "`clip_norm` and `clip_value` both say how gradients are clipped",
                at: arguments.span(of: "clip_value"),
                hint: "give one of them: most papers clip by the norm")
        }
        settings.clip = norm.map { .norm($0) } ?? value.map { .value($0) }
        settings.average = try arguments.given("average", arguments.number)
        settings.frozen = try arguments.given("freeze", arguments.texts) ?? []
        settings.rates = try arguments.given("rates", arguments.roleRates) ?? []
    }
}

extension Arguments {
    fileprivate func roleRates(_ name: String) throws(Diagnostic) -> [RoleRate] {
        var rates: [RoleRate] = []
        for element in try elements(name) {
            guard let pair = element.elements, pair.count == 2, case .text(let role) = pair[0],
                case .number(let factor) = pair[1]
            else {
                throw wrong(
                    name, try value(name), hint: "each of its elements is a list of two: [\"transform\", 0.1]"
                )
            }
            rates.append(RoleRate(role: role, factor: factor))
        }
        return rates
    }
}
