import Foundation

extension ScheduleKind {
    public static let steps = ScheduleKind(
        "steps", "the rate is lower from each of some steps on",
        [
            ScheduleParameter("at", .places, about: "steps after which it falls"),
            ScheduleParameter(
                "by", .number(upTo: 1), standard: 0.5, about: "what it is multiplied by each time"),
        ], example: "steps([200000, 400000], by = 0.5)"
    ) { moment, values in
        let falls = (values["at"] ?? []).count { Double(moment.step) >= $0 }
        return moment.base * pow(values[number: "by"], Double(falls))
    }

    public static let constant = ScheduleKind(
        "constant", "the rate stays as it is",
        [
            ScheduleParameter("steps", .count, absence: "all that are left", about: "how long")
        ], example: "constant(92000) + cosine(to = 1e-6)  # constant(92000) + cosine(to = 1e-06)",
        length: { $0["steps"].map { Int($0[0]) } }
    ) { moment, _ in moment.base }

    /// A rate that a network bears well later on can throw it off at the start, when Adam's moments rest on
    /// few gradients.
    public static let warmup = ScheduleKind(
        "warmup", "the rate rises evenly from nearly zero",
        [
            ScheduleParameter("steps", .count, about: "how long")
        ], example: "warmup(100) + constant()",
        length: { Int($0[number: "steps"]) }
    ) { moment, values in
        moment.base * min(Double(moment.step + 1) / values[number: "steps"], 1)
    }
}
