import Diagnostics
import Engine
import Foundation
import Graph

/// The bytes of a training's state, for a file: a line that names the format, a line of JSON that says what follows, then
/// every parameter's values, first moments and second moments as little-endian single-precision numbers.
///
/// The last eight bytes are a hash of all before them, so that a damaged file is told from a whole one.
public enum Checkpoint {
    private static let magic = Array("acuity training state 1\n".utf8)

    private struct Header: Codable {
        struct Entry: Codable, Equatable {
            let name: String
            let shape: [Int]
        }

        let step: Int
        let seconds: Double
        let history: HistoryRecorder
        let parameters: [Entry]
    }

    /// - Returns: some twelve bytes for each number of the network's parameters.
    public static func encode(_ state: TrainingState, of graph: Graph) -> [UInt8] {
        let header = Header(
            step: state.step, seconds: state.seconds, history: state.history, parameters: entries(graph))
        let encoder = JSONEncoder()
        // A batch that is restored exactly has an infinite PSNR.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let json = try? encoder.encode(header) else {
            preconditionFailure("a header of numbers and texts does not encode")
        }
        var bytes = magic + Array(json) + [UInt8(ascii: "\n")]
        bytes.reserveCapacity(bytes.count + 12 * graph.parameterCount + 8)
        for weights in [state.weights, state.firstMoments, state.secondMoments] {
            for id in graph.parameterIDs {
                for value in weights[id] { append(UInt64(value.bitPattern), 4, to: &bytes) }
            }
        }
        append(hash(bytes[...]), 8, to: &bytes)
        return bytes
    }

    /// - Parameter name: what to call the bytes in a diagnostic: the file's path.
    /// - Throws: `damaged-checkpoint`; `foreign-checkpoint` where the weights are another network's.
    public static func decode(
        _ bytes: [UInt8], of graph: Graph, named name: String
    ) throws(Diagnostic) -> TrainingState {
        guard bytes.starts(with: magic), bytes.count >= magic.count + 8 else {
            throw .foreignCheckpoint(name, "it does not begin like one")
        }
        let body = bytes.dropLast(8)
        guard hash(body) == number(bytes[body.endIndex...]),
            let end = body[magic.count...].firstIndex(of: UInt8(ascii: "\n")),
            let header = header(body[magic.count..<end])
        else { throw .damagedCheckpoint(name) }
        let expected = entries(graph)
        guard header.parameters == expected else {
            let differing = zip(header.parameters, expected).first { $0 != $1 }
            throw .foreignCheckpoint(
                name,
                differing.map {
                    "where it has `\($0.name)` of \($0.shape), the network has `\($1.name)` of \($1.shape)"
                }
                    ?? "it has \(header.parameters.count) parameters, the network \(expected.count)")
        }
        guard body.count - end - 1 == 12 * graph.parameterCount else { throw .damagedCheckpoint(name) }
        var rest = body[(end + 1)...]
        func weights() -> Weights {
            var weights = Weights(zerosFor: graph)
            for id in graph.parameterIDs {
                let count = graph[id].count
                weights[id] = (0..<count).map { index in
                    let start = rest.startIndex + 4 * index
                    return Float(bitPattern: UInt32(truncatingIfNeeded: number(rest[start..<start + 4])))
                }
                rest = rest.dropFirst(4 * count)
            }
            return weights
        }
        return TrainingState(
            step: header.step, weights: weights(), firstMoments: weights(), secondMoments: weights(),
            history: header.history, seconds: header.seconds)
    }

    private static func header(_ json: ArraySlice<UInt8>) -> Header? {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try? decoder.decode(Header.self, from: Data(json))
    }

    private static func entries(_ graph: Graph) -> [Header.Entry] {
        graph.parameters.map { Header.Entry(name: $0.name, shape: $0.shape) }
    }

    private static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// FNV-1a of 64 bits: against accidents, not against malice.
    private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash
    }
}

extension Diagnostic {
    fileprivate static func damagedCheckpoint(_ name: String) -> Diagnostic {
        Diagnostic(
            "damaged-checkpoint", "\(name) is damaged: it does not hold what it says",
            hint: "remove it, and the training starts anew")
    }

    fileprivate static func foreignCheckpoint(_ name: String, _ reason: String) -> Diagnostic {
        Diagnostic(
            "foreign-checkpoint", "\(name) is no state of this network's training: \(reason)",
            hint: "remove it, and the training starts anew")
    }
}
