import Foundation
import Graph

extension Graph {
    /// What no parameter's name begins with: for tensors that stand beside a network's own in a file.
    public static let reservedPrefix = "adam/"

    /// The graph as JSON, for ``init(record:)``.
    public var record: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .spelledOut
        guard let json = try? encoder.encode(GraphRecord(self)) else {
            preconditionFailure("a record of numbers and texts does not encode")
        }
        return String(decoding: json, as: UTF8.self)
    }

    /// Reads back ``record``.
    /// - Throws: ``GraphFault`` for what is no graph that a network's text could give.
    public init(record: String) throws(GraphFault) {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .spelledOut
        guard let parsed = try? decoder.decode(GraphRecord.self, from: Data(record.utf8)) else {
            throw GraphFault(reason: "it is not a list of layers")
        }
        self = try GraphCheck(parsed).graph()
    }
}

/// Why a record is no graph, as the end of a sentence.
public struct GraphFault: Error {
    public let reason: String
}

extension JSONEncoder.NonConformingFloatEncodingStrategy {
    /// JSON has no infinities.
    public static var spelledOut: Self {
        .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    }
}

extension JSONDecoder.NonConformingFloatDecodingStrategy {
    public static var spelledOut: Self {
        .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    }
}
