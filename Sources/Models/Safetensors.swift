import Diagnostics
import Files
import Foundation

/// A file of named tensors in the safetensors format, as https://github.com/huggingface/safetensors defines
/// it: the length of the header in eight little-endian bytes, the header in JSON, and the tensors' bytes,
/// row-major, one after the other.
///
/// Files come from strangers: every length, offset and shape is checked before anything is taken from it, and
/// a file that breaks any rule of the format (holes, overlaps, names given twice) is refused whole.
public final class Safetensors: Sendable {
    /// How a tensor's elements are stored.
    public enum ElementType: String, Sendable, CaseIterable {
        case float64 = "F64"
        case float32 = "F32"
        case float16 = "F16"
        case bfloat16 = "BF16"
        case float8e5m2 = "F8_E5M2"
        case float8e4m3 = "F8_E4M3"
        case int64 = "I64"
        case int32 = "I32"
        case int16 = "I16"
        case int8 = "I8"
        case uint64 = "U64"
        case uint32 = "U32"
        case uint16 = "U16"
        case uint8 = "U8"
        case boolean = "BOOL"

        var bytes: Int {
            switch self {
            case .float64, .int64, .uint64: 8
            case .float32, .int32, .uint32: 4
            case .float16, .bfloat16, .int16, .uint16: 2
            case .float8e5m2, .float8e4m3, .int8, .uint8, .boolean: 1
            }
        }
    }

    public struct Tensor: Sendable, Equatable {
        public let name: String
        public let type: ElementType
        public let shape: [Int]
        /// Its bytes, counted from the end of the header.
        public let range: Range<Int>

        /// Elements; the format's checks have made sure that their product is no overflow.
        public var count: Int { shape.reduce(1, *) }
    }

    /// The header's length beyond which the reference implementation refuses a file.
    static let headerLimit = 100_000_000

    public var path: String { file.path }
    /// Texts by name: what the format allows beside tensors.
    public let metadata: [String: String]
    /// In the order of their bytes.
    public let tensors: [Tensor]
    private let file: RandomAccessFile
    /// Where the tensors' bytes begin.
    private let start: Int

    /// Reads and checks the header.
    /// - Throws: `cannot-read`; `bad-safetensors` with the rule that the file breaks.
    public init(reading path: String) throws(Diagnostic) {
        let file = try RandomAccessFile(reading: path)
        guard file.size >= 8 else { throw .badSafetensors(path, "it has no header") }
        let length = UInt64(littleEndian: try file.read(1, of: UInt64.self, at: 0)[0])
        guard length <= UInt64(Self.headerLimit) else {
            throw .badSafetensors(
                path, "its first eight bytes, which count those of the header, are no such count")
        }
        guard length <= UInt64(file.size - 8) else {
            throw .badSafetensors(path, "its header is longer than the file")
        }
        start = 8 + Int(length)
        let bytes = try file.read(Int(length), of: UInt8.self, at: 8)
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(bytes)
        } catch {
            throw .badSafetensors(path, error.reason)
        }
        metadata = header.metadata
        let size = file.size - start
        tensors = header.tensors.sorted {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < (
                $1.range.lowerBound, $1.range.upperBound, $1.name
            )
        }
        var end = 0
        for tensor in tensors {
            guard tensor.range.lowerBound == end else {
                throw .badSafetensors(
                    path,
                    "`\(shortened(tensor.name))` begins at byte \(tensor.range.lowerBound) and not at \(end)")
            }
            end = tensor.range.upperBound
        }
        guard end == size else {
            throw .badSafetensors(path, "its tensors take \(end) bytes, and it holds \(size)")
        }
        self.file = file
    }

    public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

    /// A tensor's elements as single-precision numbers: exact for the types that have no more bits, rounded
    /// to the nearest for F64.
    /// - Throws: `cannot-read`; `bad-element-type` for whole numbers, truth values and 8-bit floats.
    public func floats(of tensor: Tensor) throws(Diagnostic) -> [Float] {
        let place = start + tensor.range.lowerBound
        switch tensor.type {
        case .float32:
            #if _endian(little)
                return try file.read(tensor.count, of: Float.self, at: place)
            #else
                return try file.read(tensor.count, of: UInt32.self, at: place).map {
                    Float(bitPattern: UInt32(littleEndian: $0))
                }
            #endif
        case .float64:
            return try file.read(tensor.count, of: UInt64.self, at: place).map {
                Float(Double(bitPattern: UInt64(littleEndian: $0)))
            }
        case .bfloat16:
            return try file.read(tensor.count, of: UInt16.self, at: place).map {
                Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16)
            }
        case .float16:
            return try file.read(tensor.count, of: UInt16.self, at: place).map {
                Float(Float16(bitPattern: UInt16(littleEndian: $0)))
            }
        case .float8e5m2, .float8e4m3, .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8,
            .boolean:
            throw .badElementType(tensor, in: path)
        }
    }
}

extension Safetensors {
    /// A tensor's elements as weights, all of them finite.
    /// - Throws: as ``floats(of:)``; `not-finite-weights` naming the first element that is no finite number,
    ///   and how many are.
    public func finiteFloats(of tensor: Tensor) throws(Diagnostic) -> [Float] {
        let values = try floats(of: tensor)
        guard let first = values.firstIndex(where: { !$0.isFinite }) else { return values }
        var rest = first
        var index: [Int] = []
        for side in tensor.shape.reversed() {
            index.insert(rest % side, at: 0)
            rest /= side
        }
        throw .notFiniteWeights(
            tensor, in: path, at: index, first: values[first], count: values.count { !$0.isFinite })
    }
}

extension Diagnostic {
    static func badSafetensors(_ path: String, _ reason: String) -> Diagnostic {
        Diagnostic(
            "bad-safetensors", "\(path) is not a whole safetensors file: \(reason)",
            hint: "it may have been damaged, cut short, or be a file of another kind")
    }

    fileprivate static func notFiniteWeights(
        _ tensor: Safetensors.Tensor, in path: String, at index: [Int], first: Float, count: Int
    ) -> Diagnostic {
        let all = tensor.shape.reduce(1, *)
        return Diagnostic(
            "not-finite-weights",
            "`\(shortened(tensor.name))` in \(path) holds \(first) at \(index)",
            notes: [
                count == 1
                    ? "it is the only one of its \(all) values that is no finite single-precision number"
                    : "\(count) of its \(all) values are no finite single-precision numbers"
            ],
            hint: "a training that diverged leaves such weights: take an earlier checkpoint of it")
    }

    static func badElementType(_ tensor: Safetensors.Tensor, in path: String) -> Diagnostic {
        Diagnostic(
            "bad-element-type",
            "`\(shortened(tensor.name))` in \(path) holds \(tensor.type.rawValue) elements, which are not weights",
            notes: ["weights are read from F32, F64, F16 and BF16"])
    }
}
