/// One setting of an operator, named as model files name it.
package struct Attribute: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case integer(Int)
        case real(Double)
        case text(String)
    }

    package let name: String
    package let value: Value
    /// What canonical texts write before the value: `k` in `conv 0 1 k3 s1 p1`.
    package let prefix: String

    package init(_ name: String, _ value: Value, prefix: String = "") {
        self.name = name
        self.value = value
        self.prefix = prefix
    }

    /// As fingerprints hash it: it must never change for an operator that tables or model files know.
    package var canonicalText: String {
        switch value {
        case .integer(let number): prefix + String(number)
        case .real(let number): prefix + "\(number)"
        case .text(let text): prefix + text
        }
    }
}

/// Where an operator's attributes are read from, each by the type that it must have; nil where there is none
/// of that name and type.
package protocol AttributeReader {
    func integer(_ name: String) -> Int?
    func real(_ name: String) -> Double?
    func text(_ name: String) -> String?
}
