import Diagnostics
import Kinds
import Language
import Training
import TrainingMethods

/// A schedule of the learning rate as a value: what `cosine(to = 1e-7)` gives, and sums of such.
package struct ScheduleValue: ForeignValue {
    package static let kind = "a schedule"

    package let schedule: Schedule

    package var isSetting: Bool { true }
    package var description: String { schedule.description }

    package func equals(_ other: Value) -> Bool? {
        other.as(ScheduleValue.self).map { $0.schedule == schedule }
    }

    /// One after the other.
    package func combined(_ operation: BinaryOperation) throws(Diagnostic) -> Value? {
        guard operation.operation == .plus, let first = operation.left.as(ScheduleValue.self),
            let second = operation.right.as(ScheduleValue.self)
        else { return nil }
        guard first.schedule.hasEnd else { throw .endlessSchedule(first, at: operation.leftSpan) }
        return .foreign(ScheduleValue(schedule: first.schedule.followed(by: second.schedule)))
    }
}

extension Kind.ForeignKind {
    static let schedule = Self(ScheduleValue.kind, accepts: { $0.as(ScheduleValue.self) != nil }) { value in
        switch value {
        case .callable(let callable):
            ScheduleKind.named(callable.name).map {
                "write `\($0.name)(…)`: `?\($0.name)` says what it takes"
            }
        case .text(let text):
            ScheduleKind.named(text).map { "a schedule is written without quotes: `\($0.name)(…)`" }
        case .nothing, .number, .boolean, .list, .range, .record, .foreign, .pending: nil
        }
    }
}

/// A function for each kind of schedule, which gives it with its numbers.
package enum ScheduleFunctions {
    package static let all: [Function<Void>] = ScheduleKind.all.map { kind in
        Function(row(of: kind)) { _, arguments throws(Diagnostic) in
            .foreign(ScheduleValue(schedule: Schedule(try part(kind, arguments))))
        }
    }

    private static func row(of kind: ScheduleKind) -> Builtin {
        Builtin(
            kind.name, .training, kind.parameters.map(parameter),
            """
            A schedule, for `schedule` of `train`: \(kind.about). Schedules that are added follow one another, each with its \
            own steps: \(kind.hasOwnLength ? "another follows after its `steps`" : "this one lasts to the end").
            """, examples: [kind.example], .init(makes: .schedule))
    }

    private static func parameter(_ parameter: ScheduleParameter) -> Builtin.Parameter {
        let kind: Kind =
            switch parameter.form {
            case .number: .number
            case .count: .whole(TrainingSettings.Limits.steps)
            case .places: .list("a list of numbers of steps")
            case .counts:
                .either([.whole(TrainingSettings.Limits.steps), .list("a list of numbers of steps")])
            }
        let row: Builtin.Parameter =
            if let absence = parameter.absence {
                .derived(parameter.name, kind, absence)
            } else if let standard = parameter.standard {
                .standard(parameter.name, kind, .number(standard[0]))
            } else { .required(parameter.name, kind) }
        return row.about(parameter.about)
    }

    private static func part(
        _ kind: ScheduleKind, _ arguments: Arguments
    ) throws(Diagnostic) -> SchedulePart {
        var values: [String: [Double]] = [:]
        for parameter in kind.parameters {
            guard let value = arguments.optional(parameter.name) else { continue }
            var numbers: [Double] = []
            for element in value.elements ?? [value] {
                guard case .number(let number) = element else {
                    throw arguments.wrong(parameter.name, value, hint: "it holds \(element.kind)")
                }
                numbers.append(number)
            }
            values[parameter.name] = numbers
        }
        return try SchedulePart(kind, values)
    }
}

extension ScheduleKind {
    /// Whether it can stand before another.
    fileprivate var hasOwnLength: Bool { parameters.contains { $0.name == "steps" } }
}

// MARK: In `train`

extension TrainingFunctions {
    static let scheduleParameters: [Builtin.Parameter] = [
        .derived("schedule", .foreign(.schedule), "polynomial(decay) after `warmup`").about(
            "how the rate changes, such as `warmup(500) + cosine(to = 1e-7)`"),
        .standard(Setting.decay.name, .number, .number(Setting.decay.standard)).about(
            Setting.decay.about + ", without a `schedule`"),
        .standard("warmup", .whole(TrainingSettings.Limits.warmup), .number(Double(defaults.warmup))).about(
            "steps in which it rises evenly to that, without a `schedule`"),
    ]

    static func chooseSchedule(
        _ arguments: Arguments, in settings: inout TrainingSettings
    ) throws(Diagnostic) {
        guard
            let schedule = try arguments.given(
                "schedule", { name throws(Diagnostic) in try arguments.foreign(name, ScheduleValue.self) })
        else {
            settings[.decay] = try arguments.number(Setting.decay.name)
            settings.warmup = try arguments.whole("warmup")
            return
        }
        for name in [Setting.decay.name, "warmup"] where arguments.given.contains(where: { $0.name == name })
        {
            throw .belongsToSchedule(name, at: arguments.span(of: name))
        }
        settings.setSchedule(schedule.schedule)
    }
}

extension Diagnostic {
    fileprivate static func endlessSchedule(_ schedule: ScheduleValue, at span: Span) -> Diagnostic {
        Diagnostic(
            "endless-schedule",
            "`\(schedule.description)` lasts to the end of the training: nothing can follow it", at: span,
            hint: "what lasts some steps comes first: `warmup(500) + …`, `constant(1000) + …`")
    }

    fileprivate static func belongsToSchedule(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "no-effect", "`\(name)` has no effect beside a `schedule`", at: span,
            hint: name == "warmup"
                ? "a schedule begins with it: `schedule = warmup(500) + …`"
                : "it is the schedule's: `schedule = polynomial(1)`")
    }
}
