import Diagnostics
import Kinds

/// A way in which the learning rate changes, or a part of one.
public struct ScheduleKind: NamedKind {
    public static let all = [polynomial, cosine, cosineRestarts, steps, constant, warmup]

    public let name: String
    public let about: String
    public let parameters: [ScheduleParameter]
    /// A script that shows it.
    public let example: String
    /// Steps that it takes; `nil` for all that are left.
    let length: @Sendable ([String: [Double]]) -> Int?
    /// The learning rate.
    let rate: @Sendable (ScheduleMoment, [String: [Double]]) -> Double

    init(
        _ name: String, _ about: String, _ parameters: [ScheduleParameter], example: String,
        length: @escaping @Sendable ([String: [Double]]) -> Int? = { _ in nil },
        rate: @escaping @Sendable (ScheduleMoment, [String: [Double]]) -> Double
    ) {
        (self.name, self.about, self.parameters, self.example) = (name, about, parameters, example)
        (self.length, self.rate) = (length, rate)
    }

    var names: Set<String> { Set(parameters.map(\.name)) }
}

/// What tunes a kind of schedule.
public struct ScheduleParameter: Sendable, Equatable {
    public enum Form: Sendable, Equatable {
        /// Any number from 0 up to a limit.
        case number(upTo: Double)
        /// A number of steps.
        case count
        /// Numbers of steps, each beyond the one before.
        case places
        /// Numbers of steps, or one that holds for all.
        case counts
    }

    public let name: String
    public let form: Form
    /// Its value where none is given; `nil` where one must be, or where it is as the words say.
    public let standard: [Double]?
    /// What holds where none is given and there is no standard; `nil` where one must be given.
    public let absence: String?
    public let about: String

    init(
        _ name: String, _ form: Form, standard: Double? = nil, absence: String? = nil, about: String
    ) {
        (self.name, self.form, self.about, self.absence) = (name, form, about, absence)
        self.standard = standard.map { [$0] }
    }

    /// The rate that a fall ends at.
    static let least = ScheduleParameter(
        "to", .number(upTo: 1), standard: 0, about: "the rate at the end")

    var isList: Bool {
        switch form {
        case .number, .count: false
        case .places, .counts: true
        }
    }

    private static let stepLimit = 1e9

    func check(_ values: [Double]) throws(Diagnostic) {
        switch form {
        case .number(let limit):
            guard let value = values.first, values.count == 1, (0...limit).contains(value) else {
                throw bad(values, "at least 0 and at most \(formatted(limit))")
            }
        case .count, .counts:
            guard !values.isEmpty, form == .counts || values.count == 1, values.allSatisfy(Self.isCount)
            else {
                throw bad(values, form == .count ? "a number of steps" : "numbers of steps, each 1 or more")
            }
        case .places:
            guard !values.isEmpty, values.allSatisfy(Self.isCount),
                zip(values, values.dropFirst()).allSatisfy({ $0 < $1 })
            else { throw bad(values, "numbers of steps, each larger than the one before") }
        }
    }

    private static func isCount(_ value: Double) -> Bool {
        value >= 1 && value <= stepLimit && value == value.rounded()
    }

    private func bad(_ values: [Double], _ wanted: String) -> Diagnostic {
        let texts = values.map { plainText($0) }
        return .badSetting(
            name, isList ? "[\(texts.joined(separator: ", "))]" : texts.joined(separator: ", "), wanted,
            hint: nil)
    }
}
