import Kernels
import LayerKernels
import Operators

/// Which pixels a pooling takes together: those of windows, or all of an image's.
package struct Pool: Hashable, Sendable {
    /// Nil for the whole of each image.
    let window: PoolingWindow?

    static let parameters: [LayerFunction.Parameter] = [
        .map("x"), .integer("window", ConvolutionWindow.sides, .none("the whole of x")),
        .integer("stride", ConvolutionWindow.sides, .none("window")),
    ]

    package init(window: Int? = nil, stride: Int? = nil) {
        self.window = window.map { PoolingWindow(side: $0, stride: stride ?? $0) }
    }

    init(_ call: LayerArguments) throws(ShapeFault) {
        let (window, stride) = (call.integerIfGiven("window"), call.integerIfGiven("stride"))
        guard window != nil || stride == nil else {
            throw ShapeFault(
                "no-effect", "`stride` has no effect without `window`", at: .call,
                hint: "give both, or neither")
        }
        self.init(window: window, stride: stride)
    }

    /// Of a model file, where a window of 0 is the whole.
    init?(_ attributes: some AttributeReader) {
        guard let window = attributes.integer("window"), let stride = attributes.integer("stride") else {
            return nil
        }
        self.init(window: window == 0 ? nil : window, stride: stride)
    }

    var attributes: [Attribute] {
        [
            Attribute("window", .integer(window?.side ?? 0), prefix: "w"),
            Attribute("stride", .integer(window?.stride ?? 0), prefix: "s"),
        ]
    }

    func shape(_ input: Shape, _ kind: String) throws(ShapeFault) -> Shape {
        guard let window else { return input.with(size: .fixed(height: 1, width: 1)) }
        let sides = ConvolutionWindow.sides
        guard sides.contains(window.side), sides.contains(window.stride) else { throw .unfit(kind) }
        let size = input.size.map { $0.windows(of: window.side, every: window.stride) }
        for extent in [size.height, size.width] where extent.scale == nil && extent.offset < 1 {
            throw ShapeFault(
                "shape-clash", "a window of \(window.side)×\(window.side) does not fit into \(input.size)",
                at: .input(0))
        }
        return input.with(size: size)
    }

    /// Pixel i reads i·stride … i·stride + side − 1.
    func margin(_ margin: ReceptiveFieldMargin, from source: MapSize) -> ReceptiveFieldMargin? {
        if source.isFixed { return margin == .none ? margin : nil }
        guard let window else { return nil }
        return ReceptiveFieldMargin(
            leading: max(0, ceilingOfQuotient(margin.leading, window.stride)),
            trailing: max(0, floorOfQuotient(margin.trailing + window.side - 1, window.stride)))
    }

    func onnx(_ site: ONNXSite, windows: String, whole: String) -> ONNXFragment {
        guard let window else { return ONNXFragment(site, whole) }
        return ONNXFragment(
            site, windows, nil,
            [
                .integers("kernel_shape", [window.side, window.side]),
                .integers("strides", [window.stride, window.stride]),
            ])
    }
}
