import Diagnostics
import Graph
import Images
import Machine

extension Graph {
    /// Whether the network makes, of the channels of an image that it is given, the same of a sharp one.
    /// - Throws: `no-outputs`, `channels`, `output-scale`.
    package func checkRestoring(_ colour: InputColour) throws(Diagnostic) {
        guard !outputs.isEmpty else {
            throw Diagnostic(
                "no-outputs", "this network has no output, so nothing says how wrong it is",
                hint: "end it with `output x`"
            ).of(argument: "net")
        }
        guard inputChannels == colour.channels else {
            throw Diagnostic(
                "channels",
                "the network reads \(inputChannels) channels, and `colour = \"\(colour.rawValue)\"` "
                    + "gives it \(colour.channels)"
            ).of(argument: "colour")
        }
        for output in outputs where self[output].shape.channels != colour.channels {
            throw Diagnostic(
                "channels",
                "the output `\(self[output].name)` has \(self[output].shape.channels) channels, and the sharp "
                    + "image it is compared with has \(colour.channels)",
                at: self[output].span)
        }
        for output in outputs where self[output].shape.size.scale?.numerator != 1 {
            throw Diagnostic(
                "output-scale",
                "the output `\(self[output].name)` has \(self[output].shape.size) where the input has 1; the sharp "
                    + "image can be made smaller for it by whole numbers only",
                at: self[output].span)
        }
        if let last = outputs.last, self[last].shape.size != .one {
            throw Diagnostic(
                "output-scale",
                "the last output, `\(self[last].name)`, is the result and must have the input's size, "
                    + "not \(self[last].shape.size)",
                at: self[last].span)
        }
    }

    /// The size to which an image of `height` × `width` is padded, as ``Image/padded(toMultipleOf:)`` does:
    /// each side the next multiple of ``Graph/sizeMultiple`` that is no less than
    /// ``Graph/smallestSize``.
    package func paddedSize(height: Int, width: Int) -> (height: Int, width: Int) {
        let multiple = sizeMultiple
        let least = smallestSize
        return (
            max(least.height, height.roundedUp(toMultipleOf: multiple)),
            max(least.width, width.roundedUp(toMultipleOf: multiple))
        )
    }
}
