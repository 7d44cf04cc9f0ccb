/// How far along one side a cut through the input shows in a map: pixels from the cut on that differ from
/// those of the whole. Beyond it they are the same.
public struct ReceptiveFieldMargin: Hashable, Sendable {
    /// After a cut at the left or the top.
    public let leading: Int
    /// Before a cut at the right or the bottom.
    public let trailing: Int

    public init(leading: Int, trailing: Int) {
        self.leading = leading
        self.trailing = trailing
    }

    package static let none = ReceptiveFieldMargin(leading: 0, trailing: 0)
}

package func floorOfQuotient(_ left: Int, _ right: Int) -> Int {
    left >= 0 ? left / right : -((-left + right - 1) / right)
}

package func ceilingOfQuotient(_ left: Int, _ right: Int) -> Int { -floorOfQuotient(-left, right) }
