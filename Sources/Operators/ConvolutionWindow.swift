/// How a convolution's window moves: what a convolution and its adjoint, the transposed convolution, share.
/// Kernels are square.
package struct ConvolutionWindow: Hashable, Sendable {
    package let kernel: Int
    package let stride: Int
    /// Zeros around each side of the input (of the output, for a transposed convolution).
    package let padding: Int
    package let isTransposed: Bool

    package init(kernel: Int, stride: Int, padding: Int, isTransposed: Bool) {
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.isTransposed = isTransposed
    }

    /// Far beyond any real network, for kernels and strides.
    static let sides = 1...99

    /// The padding, equal on both sides, with which a side that `stride` divides becomes a stride-th of
    /// itself (`stride` times itself, for a transposed convolution); nil where there is none.
    static func samePadding(kernel: Int, stride: Int, isTransposed: Bool) -> Int? {
        if isTransposed {
            // (in − 1)·stride + kernel − 2·padding = in·stride
            return kernel >= stride && (kernel - stride) % 2 == 0 ? (kernel - stride) / 2 : nil
        }
        // ⌊(in + 2·padding − kernel) / stride⌋ + 1 = in / stride  ⟺  kernel − stride ≤ 2·padding < kernel
        let padding = (kernel - 1) / 2
        return 2 * padding >= kernel - stride ? padding : nil
    }

    /// - Throws: where no equal padding on both sides keeps the size, or where the padding is another.
    func check(_ kind: String) throws(ShapeFault) {
        guard Self.sides.contains(kernel), Self.sides.contains(stride) else { throw .unfit(kind) }
        guard let same = Self.samePadding(kernel: kernel, stride: stride, isTransposed: isTransposed) else {
            throw ShapeFault(
                "no-padding",
                "with kernel \(kernel) and stride \(stride) no equal padding on both sides keeps the size",
                at: .call,
                hint: isTransposed
                    ? "kernel − stride must be even and not negative, as with kernel 4 and stride 2"
                    : "use an odd kernel, or an even one with a stride of 2 or more")
        }
        guard padding == same else { throw .unfit(kind) }
    }

    var attributes: [Attribute] {
        [
            Attribute("kernel", .integer(kernel), prefix: "k"),
            Attribute("stride", .integer(stride), prefix: "s"),
            Attribute("padding", .integer(padding), prefix: "p"),
        ]
    }

    init?(_ attributes: some AttributeReader, isTransposed: Bool) {
        guard let kernel = attributes.integer("kernel"), let stride = attributes.integer("stride"),
            let padding = attributes.integer("padding")
        else { return nil }
        self.init(kernel: kernel, stride: stride, padding: padding, isTransposed: isTransposed)
    }

    /// The weight, as PyTorch has it, and the bias.
    func parameters(from input: Int, to output: Int) -> [OperatorParameter] {
        let (first, second) = isTransposed ? (input, output) : (output, input)
        let area = kernel * kernel
        return [
            OperatorParameter(
                name: "weight", kind: .weight, shape: [first, second, kernel, kernel],
                storage: .convolution(output: first, input: second, kernel: kernel),
                // As the papers and their codes count, also where a stride thins the connections out.
                fanIn: input * area, fanOut: output * area),
            OperatorParameter(
                name: "bias", kind: .bias, shape: [output], storage: .plain, fanIn: input * area,
                fanOut: output * area),
        ]
    }

    func onnx(_ site: ONNXSite, _ type: String) -> ONNXFragment {
        ONNXFragment(
            site, type, site.inputs + site.parameters,
            [
                .integers("kernel_shape", [kernel, kernel]),
                .integers("pads", [padding, padding, padding, padding]),
                .integers("strides", [stride, stride]),
            ])
    }

    /// The parameters of a convolution's function in the language.
    static func parameters(kernel: Int, stride: Int) -> [LayerFunction.Parameter] {
        [
            .map("x"), .integer("channels", Shape.channelCounts, .channels(of: "x")),
            .integer("kernel", sides, .value(kernel)), .integer("stride", sides, .value(stride)),
        ]
    }
}
