/// The channels of an image that a network reads.
public enum InputColour: String, Sendable, Codable, CaseIterable {
    /// One: BT.601 luma of the encoded values.
    case luma
    /// Three; a grey image gives three equal ones.
    case rgb

    public var channels: Int {
        switch self {
        case .luma: 1
        case .rgb: 3
        }
    }
}
