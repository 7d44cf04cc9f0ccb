import Diagnostics
import Foundation

/// The JSON part of a safetensors file: `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
/// …}`, and `"__metadata__"` with texts by name, or `null`.
struct SafetensorsHeader {
    /// Why bytes are no such header, as the end of a sentence.
    struct Fault: Error {
        let reason: String
    }

    static let metadataKey = "__metadata__"

    let metadata: [String: String]
    /// In no particular order; extents agree with shapes, but whether they lie side by side is not known
    /// here.
    let tensors: [Safetensors.Tensor]

    init(_ bytes: [UInt8]) throws(Fault) {
        // The format wants UTF-8 that begins with a brace; Foundation would also guess at UTF-16 from zeros.
        guard bytes.first == UInt8(ascii: "{"), !bytes.contains(0),
            String(validating: bytes, as: UTF8.self) != nil
        else { throw Fault(reason: "its header is no JSON in UTF-8") }
        let decoded: Decoded
        do {
            decoded = try JSONDecoder().decode(Decoded.self, from: Data(bytes))
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(reason: "its header is no JSON of the format")
        }
        guard decoded.members == Self.members(in: bytes) else {
            throw Fault(reason: "its header gives a name twice")
        }
        metadata = decoded.metadata
        tensors = decoded.tensors
    }

    /// Members of all objects of a JSON text: colons outside of strings.
    ///
    /// JSON decoders keep one of two members with equal names without a word, and not all keep the same; what
    /// was decoded has then fewer members than the text.
    private static func members(in json: [UInt8]) -> Int {
        var count = 0
        var isString = false
        var isEscaped = false
        for byte in json {
            if isEscaped {
                isEscaped = false
            } else if isString, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isString.toggle()
            } else if byte == UInt8(ascii: ":"), !isString {
                count += 1
            }
        }
        return count
    }

    // MARK: Decoding

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Decoded: Decodable {
        var metadata: [String: String] = [:]
        var tensors: [Safetensors.Tensor] = []
        var members: Int

        init(from decoder: any Decoder) throws {
            let names = try decoder.container(keyedBy: Key.self)
            members = names.allKeys.count
            for name in names.allKeys {
                // Some writers put null where there is nothing to say.
                if name.stringValue == SafetensorsHeader.metadataKey, try names.decodeNil(forKey: name) {
                    continue
                }
                let fields = try names.nestedContainer(keyedBy: Key.self, forKey: name)
                members += fields.allKeys.count
                if name.stringValue == SafetensorsHeader.metadataKey {
                    for field in fields.allKeys {
                        metadata[field.stringValue] = try fields.decode(String.self, forKey: field)
                    }
                } else {
                    tensors.append(try Self.tensor(name.stringValue, fields))
                }
            }
        }

        private static func tensor(
            _ name: String, _ fields: KeyedDecodingContainer<Key>
        ) throws -> Safetensors.Tensor {
            let label = "`\(shortened(name))`"
            let type = try fields.decode(String.self, forKey: Key(stringValue: "dtype"))
            let shape = try fields.decode([Int].self, forKey: Key(stringValue: "shape"))
            let offsets = try fields.decode([Int].self, forKey: Key(stringValue: "data_offsets"))
            guard let type = Safetensors.ElementType(rawValue: type) else {
                throw Fault(reason: "\(label) holds elements of a type called \"\(shortened(type))\"")
            }
            guard fields.allKeys.count == 3 else {
                throw Fault(reason: "\(label) has more than type, shape and place")
            }
            guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1] else {
                throw Fault(reason: "\(label) has no place in the file")
            }
            guard shape.count <= 64, let size = size(of: shape, type), size == offsets[1] - offsets[0] else {
                throw Fault(reason: "the shape of \(label) and its place in the file disagree")
            }
            return Safetensors.Tensor(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
        }

        /// Bytes of a tensor; `nil` where they are more than can be counted.
        private static func size(of shape: [Int], _ type: Safetensors.ElementType) -> Int? {
            var size = type.bytes
            for side in shape {
                let (product, overflow) = size.multipliedReportingOverflow(by: side)
                guard side >= 0, !overflow else { return nil }
                size = product
            }
            return size
        }
    }
}
