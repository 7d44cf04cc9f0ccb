import Foundation

extension ScheduleKind {
    /// Half a cosine wave [Loshchilov & Hutter 2017], without restarts.
    public static let cosine = ScheduleKind(
        "cosine", "the rate falls as half a cosine wave", [.least],
        example: "warmup(500) + cosine(to = 1e-7)  # warmup(500) + cosine(to = 1e-07)"
    ) { moment, values in
        cosine(from: moment.base, to: values[.least], part: Double(moment.step) / Double(moment.steps))
    }

    /// The same over and over, as BasicSR's `CosineAnnealingRestartLR` has it.
    public static let cosineRestarts = ScheduleKind(
        "cosine_restarts", "the rate falls as half a cosine wave again and again",
        [
            ScheduleParameter(
                "periods", .counts, about: "steps of each fall; the last number holds for all further ones"),
            .least,
            ScheduleParameter(
                "by", .number(upTo: 1), standard: 1,
                about: "what the rate is multiplied by at each restart"),
        ], example: "cosine_restarts([1000, 2000], to = 1e-6, by = 0.5)"
    ) { moment, values in
        let periods = values["periods"] ?? []
        var (start, number) = (0, 0)
        var period = Int(periods[0])
        while moment.step >= start + period {
            // All alike from here on.
            if number >= periods.count - 1 {
                let further = (moment.step - start) / period
                (start, number) = (start + further * period, number + further)
                break
            }
            start += period
            number += 1
            period = Int(periods[number])
        }
        let least = values[.least]
        let share = pow(values[number: "by"], Double(number))
        return least + share
            * (cosine(
                from: moment.base, to: least, part: Double(moment.step - start) / Double(period)) - least)
    }

    private static func cosine(from first: Double, to last: Double, part: Double) -> Double {
        last + (first - last) * (1 + cos(.pi * part)) / 2
    }
}

extension [String: [Double]] {
    subscript(number name: String) -> Double { self[name]?[0] ?? 0 }

    subscript(parameter: ScheduleParameter) -> Double { self[number: parameter.name] }
}
