import Diagnostics
import Graph
import Kernels
import Machine

/// Batch, height, width and channels of a feature map; channels are innermost in memory, images outermost.
public typealias TensorShape = Kernels.TensorShape
public typealias AdamConstants = Kernels.AdamConstants
public typealias MuonConstants = Kernels.MuonConstants

extension Graph {
    /// The shape of a node's map for an input of `batch` images of `height` × `width` pixels.
    ///
    /// - Precondition: both sides are multiples of ``sizeMultiple``.
    public func shape(of node: NodeID, batch: Int, height: Int, width: Int) -> TensorShape {
        let shape = self[node].shape
        return TensorShape(
            batch: batch, height: shape.size.height.of(height), width: shape.size.width.of(width),
            channels: shape.channels)
    }

    /// Checks that what a plan adds up stays far within an `Int`: a method makes up to some ten
    /// multiplications for each of a direct convolution's, in each of three passes.
    func checkSize(batch: Int, height: Int, width: Int) throws(Diagnostic) {
        let cost = Double(multiplyAccumulates(height: height, width: width)) * Double(batch)
        let values = nodeIDs.reduce(0.0) { sum, node in
            let shape = self[node].shape
            return sum + Double(shape.size.height.of(height)) * Double(shape.size.width.of(width))
                * Double(shape.channels)
        }
        guard max(cost, values * Double(batch)) < 0x1p56 else {
            throw Diagnostic(
                "too-large", "a network of this width, at this size and batch, is beyond counting",
                hint: "smaller images, a smaller batch or narrower layers")
        }
    }
}

extension Diagnostic {
    /// Told before anything is allocated: a system short of memory would end the program without a word.
    static func notEnoughMemory(needs: Int, has: Int) -> Diagnostic {
        return Diagnostic(
            notEnoughMemoryCode,
            "this needs \(memorySize(needs)) of memory, and the machine has \(memorySize(has))",
            hint: needLess)
    }

    static func notEnoughMemory(needs: Int, left: Int) -> Diagnostic {
        notEnoughMemory(for: "this", needs: needs, left: left, hint: needLess)
    }

    /// An image in which a convolution without padding finds no place.
    static func sizeTooSmall(height: Int, width: Int, least: (height: Int, width: Int)) -> Diagnostic {
        Diagnostic(
            "size-does-not-fit",
            "an image of \(width)×\(height) pixels is too small for this network, which needs "
                + "\(least.width)×\(least.height)",
            hint: "larger images or patches, or convolutions with padding")
    }

    private static let needLess = "a smaller batch, patch or image needs less, and so do narrower layers"

    /// An image whose sides a network's strides do not divide.
    public static func sizeDoesNotFit(height: Int, width: Int, multiple: Int) -> Diagnostic {
        let wider = max(1, width).roundedUp(toMultipleOf: multiple)
        let higher = max(1, height).roundedUp(toMultipleOf: multiple)
        return Diagnostic(
            "size-does-not-fit",
            "an image of \(width)×\(height) pixels does not fit this network: both sides must be "
                + (multiple == 1 ? "at least 1" : "multiples of \(multiple)"),
            hint: "crop it, or pad it to \(wider)×\(higher)")
    }
}
