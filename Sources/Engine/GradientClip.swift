/// What keeps single steps from being large, whatever a batch holds.
public enum GradientClip: Sendable, Equatable {
    /// All gradients are multiplied so that the root of the sum of their squares is no more than this
    /// [Pascanu et al. 2013].
    case norm(Double)
    /// Each value of a gradient is brought within plus and minus this.
    case value(Double)
}
