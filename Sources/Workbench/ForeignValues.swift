import Data
import Diagnostics
import Images
import Language
import Tables
import Tracing

// What functions bring into the language: images, tables, data sets; models have a file of their own.

extension Image: ForeignValue {
    package static var kind: String { "an image" }

    package var description: String { "image \(width)×\(height), \(channels == 1 ? "grey" : "colour")" }
}

extension TextTable: ForeignValue {
    package static var kind: String { "a table" }

    package var description: String { text }
    package var elementCount: Int? { rows.count }
}

/// A data set as a value: pairs of blurred and sharp images.
package struct DatasetValue: ForeignValue {
    package static let kind = "a dataset"

    package let data: any Dataset

    package init(_ data: any Dataset) { self.data = data }

    package var description: String { data.description }
    package var elementCount: Int? { data.count }

    package func combined(_ operation: BinaryOperation) throws(Diagnostic) -> Value? {
        let (left, right) = (operation.left.as(DatasetValue.self), operation.right.as(DatasetValue.self))
        switch (operation.operation, left, right, operation.left, operation.right) {
        case (.plus, let left?, let right?, _, _): return .dataset(JoinedPairs(left.data, right.data))
        case (.times, nil, let data?, .number(let weight), _):
            return try Self.weighted(data, weight, at: operation.leftSpan)
        case (.times, let data?, nil, _, .number(let weight)):
            return try Self.weighted(data, weight, at: operation.rightSpan)
        default: return nil
        }
    }

    private static func weighted(
        _ value: DatasetValue, _ weight: Double, at span: Span
    ) throws(Diagnostic) -> Value {
        guard weight > 0, weight <= 1e6 else {
            throw .outOfRange(
                "the weight of a dataset", wanted: "above 0 and at most 1000000", got: weight, at: span)
        }
        return .dataset(value.data.weighted(by: weight))
    }
}

extension Value {
    package static func dataset(_ data: any Dataset) -> Value { .foreign(DatasetValue(data)) }

    /// The network that it is or holds.
    package var network: Network? { self.as(Network.self) ?? self.as(Model.self)?.network }
}

extension Kind {
    package static let dataset = Kind.foreign(.dataset)
    package static let model = Kind.foreign(.model)
    package static let image = Kind.foreign(
        ForeignKind(of: Image.self, fromText: "`image(…)` reads an image file"))
    package static let table = Kind.foreign(ForeignKind(of: TextTable.self))
    /// A network, or a model, which is one.
    package static let network = Kind.foreign(
        ForeignKind(Network.kind, accepts: { $0.network != nil }) { value in
            guard case .callable(let callable) = value, callable.isNetwork else { return nil }
            return "write `\(callable.name)()` for the network with its defaults"
        })
}

extension Kind.ForeignKind {
    package static let dataset = Self(
        of: DatasetValue.self,
        fromText: "`pairs(…)` reads a folder of pairs, `photos(…, n)` blurs the photographs of a folder")
    package static let model = Self(of: Model.self, fromText: "`load(…)` reads the model of a file")
}

extension Arguments {
    package func network(_ name: String) throws(Diagnostic) -> Network {
        let value = try value(name)
        guard let network = value.network else { throw wrong(name, value) }
        return network
    }

    package func dataset(_ name: String) throws(Diagnostic) -> any Dataset {
        try foreign(name, DatasetValue.self).data
    }

    package func model(_ name: String) throws(Diagnostic) -> Model { try foreign(name, Model.self) }

    package func image(_ name: String) throws(Diagnostic) -> Image { try foreign(name, Image.self) }
}
