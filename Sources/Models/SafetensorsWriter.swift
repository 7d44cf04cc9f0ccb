import Diagnostics
import Files
import Foundation

/// A tensor of single-precision numbers to be written: its values row-major.
public struct NamedTensor: Sendable {
    public let name: String
    public let shape: [Int]
    public let values: [Float]

    public init(name: String, shape: [Int], values: [Float]) {
        precondition(
            values.count == shape.reduce(1, *), "\(values.count) values for `\(name)` of \(shape)")
        self.name = name
        self.shape = shape
        self.values = values
    }
}

/// Writes a safetensors file, whole or not at all: the tensors in the order given, the header padded with
/// spaces so that they begin at a multiple of eight bytes.
/// - Precondition: names are unique, and none is `__metadata__`.
/// - Throws: `cannot-write`; `too-large` for a header beyond what readers of the format accept.
public func writeSafetensors(
    _ tensors: [NamedTensor], metadata: [String: String], to path: String
) throws(Diagnostic) {
    let header = encodedHeader(tensors, metadata)
    guard header.count <= Safetensors.headerLimit else {
        throw Diagnostic(
            "too-large",
            "the description of \(path) would be \(header.count) bytes long; the format allows \(Safetensors.headerLimit)"
        )
    }
    var file = try AtomicFile(replacing: path)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    try file.write(length.span.bytes)
    try file.write(header.span.bytes)
    for tensor in tensors {
        #if _endian(little)
            try file.write(tensor.values.span.bytes)
        #else
            try file.write(tensor.values.map { $0.bitPattern.littleEndian }.span.bytes)
        #endif
    }
    try file.commit()
}

private func encodedHeader(_ tensors: [NamedTensor], _ metadata: [String: String]) -> [UInt8] {
    precondition(
        Set(tensors.map(\.name)).union([SafetensorsHeader.metadataKey]).count == tensors.count + 1,
        "two tensors have one name")
    let encoder = JSONEncoder()
    // Sorted, so that equal contents are equal bytes.
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(Header(tensors: tensors, metadata: metadata)) else {
        preconditionFailure("a header of texts and whole numbers does not encode")
    }
    let padding = (8 - json.count % 8) % 8
    return Array(json) + [UInt8](repeating: UInt8(ascii: " "), count: padding)
}

private struct Header: Encodable {
    let tensors: [NamedTensor]
    let metadata: [String: String]

    private struct Entry: Encodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        if !metadata.isEmpty { try container.encode(metadata, forKey: Key(SafetensorsHeader.metadataKey)) }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.values.count * MemoryLayout<Float>.size
            try container.encode(
                Entry(
                    dtype: Safetensors.ElementType.float32.rawValue, shape: tensor.shape,
                    data_offsets: [offset, end]), forKey: Key(tensor.name))
            offset = end
        }
    }
}
