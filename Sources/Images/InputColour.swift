/// The channels of a picture that a network reads.
public enum InputColour: String, Sendable, Codable, CaseIterable {
    /// One: BT.601 luma of the encoded values.
    case luma
    /// Three; a grey picture gives three equal ones.
    case rgb

    public var channels: Int {
        switch self {
        case .luma: 1
        case .rgb: 3
        }
    }
}
