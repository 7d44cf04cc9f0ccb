import Diagnostics
import Foundation
import TestSupport
import Testing
import TrainingMethods

struct ScheduleTests {
    private struct Oracle: Decodable {
        let base: Double
        let rates: [String: [Double]]
    }

    private static func schedule(_ parts: (ScheduleKind, [String: [Double]])...) -> Schedule? {
        var schedule: Schedule?
        for (kind, values) in parts {
            guard let part = try? SchedulePart(kind, values) else { return nil }
            schedule = schedule?.followed(by: Schedule(part)) ?? Schedule(part)
        }
        return schedule
    }

    private static let schedules = [
        schedule((.polynomial, [:])), schedule((.polynomial, ["power": [2]])),
        schedule((.cosine, ["to": [1e-7]])), schedule((.cosine, [:])),
        schedule((.cosineRestarts, ["periods": [12], "to": [1e-6]])),
        schedule((.cosineRestarts, ["periods": [5, 10, 20, 40]])),
        schedule((.steps, ["at": [10, 25, 30]])), schedule((.steps, ["at": [7], "by": [0.1]])),
        schedule((.constant, [:])),
        schedule((.warmup, ["steps": [8]]), (.constant, [:])),
        schedule((.warmup, ["steps": [8]]), (.cosine, ["to": [1e-7]])),
        schedule((.warmup, ["steps": [10]]), (.steps, ["at": [10, 20]])),
        schedule((.constant, ["steps": [15]]), (.cosine, ["to": [1e-6]])),
    ].compactMap(\.self)

    @Test func `each step's rate is PyTorch's`() throws {
        let path = URL(filePath: #filePath).appending(path: "../../Oracles/schedules.json").standardized
        let oracle = try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: path))
        // PyTorch leaves out nothing, and ours leaves out the usual.
        let names = ["polynomial()": "polynomial(0.3)"]
        #expect(Self.schedules.count == oracle.rates.count)
        for schedule in Self.schedules {
            let name = names[schedule.description] ?? schedule.description
            let expected = try #require(oracle.rates[name], "\(name)")
            for (step, rate) in expected.enumerated() {
                let found = schedule.rate(oracle.base, atStep: step, of: expected.count)
                #expect(abs(found - rate) < 1e-12 + 1e-9 * rate, "\(name), step \(step)")
            }
        }
    }

    @Test func `a restart lowers the rate by its factor, and the last period holds for all further ones`()
        throws
    {
        let schedule = try #require(
            Self.schedule((.cosineRestarts, ["periods": [2, 4], "by": [0.5], "to": [0.1]])))
        let starts = [0, 2, 6, 10, 14].map { schedule.rate(1.1, atStep: $0, of: 20) }
        for (found, expected) in zip(starts, [1.1, 0.6, 0.35, 0.225, 0.1625]) {
            #expect(abs(found - expected) < 1e-12)
        }
        #expect(abs(schedule.rate(1.1, atStep: 1, of: 20) - 0.6) < 1e-12)
    }

    @Test func `a schedule comes back from a file as it was`() throws {
        for schedule in Self.schedules {
            let file = try JSONEncoder().encode(schedule)
            #expect(try JSONDecoder().decode(Schedule.self, from: file) == schedule)
        }
    }

    @Test(arguments: [
        "[]", "[{\"kind\":\"sawtooth\",\"values\":{}}]", "[{\"kind\":\"warmup\",\"values\":{}}]",
        "[{\"kind\":\"steps\",\"values\":{\"at\":[3,2]}}]",
        "[{\"kind\":\"cosine\",\"values\":{\"till\":[1]}}]",
        "[{\"kind\":\"cosine\",\"values\":{}},{\"kind\":\"cosine\",\"values\":{}}]",
    ])
    func `a file of no schedule is refused`(text: String) {
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(Schedule.self, from: Data(text.utf8))
        }
    }

    @Test func `a number that makes no sense is named`() {
        func said(_ kind: ScheduleKind, _ values: [String: [Double]]) -> String {
            message { () throws(Diagnostic) in _ = try SchedulePart(kind, values) }
        }
        #expect(
            said(.steps, ["at": [5, 5]])
                == "error[bad-setting]: `at` must be numbers of steps, each larger than the one before, not [5, 5]\n"
        )
        #expect(
            said(.cosine, ["to": [-1]])
                == "error[bad-setting]: `to` must be at least 0 and at most 1, not -1\n")
        #expect(
            said(.cosineRestarts, ["periods": []])
                == "error[bad-setting]: `periods` must be numbers of steps, each 1 or more, not []\n")
        #expect(said(.warmup, ["steps": [0]]).contains("`steps` must be a number of steps, not 0"))
    }
}
