import Diagnostics
import Kinds

/// How the learning rate changes from a training's first step to its last: one part after the other.
///
/// A script writes it as a sum: `warmup(500) + cosine(to = 1e-7)`.
public struct Schedule: Sendable, Equatable {
    public private(set) var parts: [SchedulePart]

    public init(_ part: SchedulePart) { parts = [part] }

    /// This one, and `next` from its end on.
    /// - Precondition: it has an end.
    public func followed(by next: Schedule) -> Schedule {
        precondition(hasEnd, "\(description) lasts to the end of the training")
        var schedule = self
        schedule.parts += next.parts
        return schedule
    }

    /// Whether it takes a number of steps that is known without the training's.
    public var hasEnd: Bool { parts.allSatisfy { $0.length != nil } }

    /// The learning rate of a step, counted from 0.
    /// - Parameters:
    ///   - base: the training's learning rate.
    ///   - steps: of the training.
    public func rate(_ base: Double, atStep step: Int, of steps: Int) -> Double {
        var start = 0
        for part in parts.dropLast() {
            guard let length = part.length, step >= start + length else {
                return part.rate(ScheduleMoment(base: base, step: step - start, steps: part.length ?? steps))
            }
            start += length
        }
        guard let last = parts.last else { preconditionFailure("a schedule has no parts") }
        return last.rate(ScheduleMoment(base: base, step: step - start, steps: steps - start))
    }

    /// As a script writes it, and as recipes keep it.
    public var description: String { parts.map(\.description).joined(separator: " + ") }

    /// The power of a polynomial fall, where it is nothing else.
    package var onlyPower: Double? {
        parts.count == 1 && parts[0].kind == .polynomial ? parts[0].values[number: "power"] : nil
    }

    /// The lowest rates that its parts are told to reach.
    package var leastRates: [Double] { parts.compactMap { $0.values[ScheduleParameter.least.name]?[0] } }
}

/// A kind of schedule with its values.
public struct SchedulePart: Sendable, Equatable {
    public let kind: ScheduleKind
    /// By a parameter's name; what is as usual may be left out.
    fileprivate let values: [String: [Double]]

    /// - Parameter given: by a parameter's name, what is not as usual.
    /// - Throws: `bad-setting` for what a parameter cannot be, or if one is missing that must be given.
    public init(_ kind: ScheduleKind, _ given: [String: [Double]] = [:]) throws(Diagnostic) {
        self.kind = kind
        var values: [String: [Double]] = [:]
        for parameter in kind.parameters {
            guard let value = given[parameter.name] ?? parameter.standard else {
                // Left out: an empty list is no value.
                if parameter.absence == nil { try parameter.check([]) }
                continue
            }
            try parameter.check(value)
            values[parameter.name] = value
        }
        self.values = values
    }

    var length: Int? { kind.length(values) }

    func rate(_ moment: ScheduleMoment) -> Double { kind.rate(moment, values) }

    var description: String {
        let texts = kind.parameters.compactMap { parameter -> String? in
            guard let value = values[parameter.name], value != parameter.standard else { return nil }
            let numbers = value.map { formatted($0) }.joined(separator: ", ")
            let isList = parameter.form == .places || value.count > 1
            let text = isList ? "[\(numbers)]" : numbers
            return parameter == kind.parameters[0] && parameter != .least
                ? text : "\(parameter.name) = \(text)"
        }
        return "\(kind.name)(\(texts.joined(separator: ", ")))"
    }
}

/// A step within a part of a schedule.
struct ScheduleMoment {
    /// The training's learning rate.
    let base: Double
    /// Counted from 0 within the part.
    let step: Int
    /// Steps of the part.
    let steps: Int
}

extension Schedule: Codable {
    private struct Part: Codable {
        let kind: String
        let values: [String: [Double]]
    }

    public func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        for part in parts { try list.encode(Part(kind: part.kind.name, values: part.values)) }
    }

    /// - Throws: `DecodingError` for a kind that is not known, or values that it cannot have.
    public init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        parts = []
        while !list.isAtEnd {
            let record = try list.decode(Part.self)
            guard let kind = ScheduleKind.named(record.kind),
                Set(record.values.keys).isSubset(of: kind.names),
                let part = try? SchedulePart(kind, record.values),
                parts.last.map({ $0.length != nil }) ?? true
            else {
                throw DecodingError.dataCorruptedError(
                    in: list, debugDescription: "no schedule is of this kind and these values")
            }
            parts.append(part)
        }
        guard !parts.isEmpty else {
            throw DecodingError.dataCorruptedError(in: list, debugDescription: "a schedule has no parts")
        }
    }
}
