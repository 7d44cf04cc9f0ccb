/// One time through a `weights ROLE { … }`: where the network was, and which weights it used there.
public struct RoleUse: Sendable, Equatable {
    /// `transform`, or `transform/inner` for a role inside another.
    public let role: String
    /// The set of weights that was used, named by role and indices: `transform[encoder,2]`. Uses with equal
    /// names share all their weights.
    public let weights: String
    /// The loop counters and listed indices at that moment, outermost first: scale 1, side encoder, level 2.
    public let indices: [Index]
    /// The nodes made in it, as a range of indices into ``Graph/nodes``.
    public let nodes: Range<Int>

    public struct Index: Sendable, Equatable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(role: String, weights: String, indices: [Index], nodes: Range<Int>) {
        self.role = role
        self.weights = weights
        self.indices = indices
        self.nodes = nodes
    }
}
