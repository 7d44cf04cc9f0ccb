/// Why an operator cannot be applied: a value that the tracer makes a diagnostic of, and that the check of
/// model files needs only the fact of.
package struct ShapeFault: Error, Equatable {
    /// What the fault is about.
    package enum Place: Equatable, Sendable {
        /// The call as a whole.
        case call
        /// An input, by its place among them.
        case input(Int)
        /// Two inputs that are alike guilty: the whole call, with both shown.
        case pair(Int, Int)
        /// An input that does not go with one before it.
        case later(Int, than: Int)
    }

    package let code: String
    package let message: String
    package let place: Place
    package let hint: String?

    package init(_ code: String, _ message: String, at place: Place, hint: String? = nil) {
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint
    }

    /// The fault of settings that the language's own ranges exclude, and that only a damaged model file can
    /// have.
    package static func unfit(_ kind: String) -> ShapeFault {
        ShapeFault("shape-clash", "`\(kind)` does not fit what it reads", at: .call)
    }
}

extension Operator {
    /// The only input's shape.
    package func single(_ inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard inputs.count == 1 else { throw .unfit(kind) }
        return inputs[0]
    }
}

extension ShapeFault {
    package static let resizing = "`resize(x, like = y)` gives x the size of y"
}
