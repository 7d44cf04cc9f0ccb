import Kernels

/// How a convolution's window moves: what a convolution and its adjoint, the transposed convolution, share.
package struct ConvolutionWindow: Hashable, Sendable {
    package let kernelHeight: Int
    package let kernelWidth: Int
    package let stride: Int
    /// Zeros above and below the input (the output, for a transposed convolution).
    package let verticalPadding: Int
    /// Zeros at either side of it.
    package let horizontalPadding: Int
    /// Pixels from one tap of the kernel to the next.
    package let dilation: Int
    /// Parts of the channels, each of which is convolved by itself.
    package let groups: Int
    package let hasBias: Bool
    package let isTransposed: Bool

    /// Far beyond any real network, for kernels, strides and dilations.
    package static let sides = 1...99

    /// Settings that most convolutions have alike.
    package struct Options: Hashable, Sendable {
        package let dilation: Int
        package let groups: Int
        package let hasBias: Bool

        package init(dilation: Int = 1, groups: Int = 1, hasBias: Bool = true) {
            (self.dilation, self.groups, self.hasBias) = (dilation, groups, hasBias)
        }
    }

    /// - Parameter padding: at each side; by default the one that keeps the size but for the stride, or,
    ///   where there is none, one that ``check(_:)`` refuses.
    package init(
        kernel: (height: Int, width: Int), stride: Int, padding: Int?, options: Options, isTransposed: Bool
    ) {
        (kernelHeight, kernelWidth) = kernel
        (self.stride, self.isTransposed) = (stride, isTransposed)
        (dilation, groups, hasBias) = (options.dilation, options.groups, options.hasBias)
        func same(_ side: Int) -> Int {
            let reach = options.dilation * (side - 1) + 1
            return Self.samePadding(kernel: reach, stride: stride, isTransposed: isTransposed) ?? reach
        }
        verticalPadding = padding ?? same(kernel.height)
        horizontalPadding = padding ?? same(kernel.width)
    }

    /// Rows from the first tap to the last, both included.
    package var reachHeight: Int { dilation * (kernelHeight - 1) + 1 }
    package var reachWidth: Int { dilation * (kernelWidth - 1) + 1 }

    /// Whether it is one of those that the engine has fast methods for: square, dense and of all channels.
    package var isPlain: Bool {
        kernelHeight == kernelWidth && verticalPadding == horizontalPadding && dilation == 1 && groups == 1
    }

    /// The padding, equal on both sides, with which a side that `stride` divides becomes a stride-th of
    /// itself (`stride` times itself, for a transposed convolution, with one more row or column where
    /// kernel − stride is odd); nil where there is none.
    package static func samePadding(kernel: Int, stride: Int, isTransposed: Bool) -> Int? {
        if isTransposed {
            // (in − 1)·stride + kernel − 2·padding + (0 or 1) = in·stride
            return kernel >= stride ? (kernel - stride + 1) / 2 : nil
        }
        // ⌊(in + 2·padding − kernel) / stride⌋ + 1 = in / stride  ⟺  kernel − stride ≤ 2·padding < kernel
        let padding = (kernel - 1) / 2
        return 2 * padding >= kernel - stride ? padding : nil
    }

    /// - Throws: where no equal padding on both sides keeps the size, where the channels cannot be divided
    ///   into the groups, or for what only a damaged file can have.
    package func check(_ kind: String, input: Int, output: Int) throws(ShapeFault) {
        guard [kernelHeight, kernelWidth, stride, dilation].allSatisfy({ Self.sides.contains($0) }),
            verticalPadding >= 0, horizontalPadding >= 0, groups > 0
        else { throw .unfit(kind) }
        guard verticalPadding < reachHeight, horizontalPadding < reachWidth else {
            let kernel = kernelHeight == kernelWidth ? "\(kernelHeight)" : "\(kernelHeight)×\(kernelWidth)"
            throw ShapeFault(
                "no-padding",
                "with kernel \(kernel) and stride \(stride) no equal padding on both sides keeps the size",
                at: .call,
                hint: isTransposed
                    ? "the kernel must be at least as large as the stride, as with kernel 4 and stride 2"
                    : "use an odd kernel, an even one with a stride of 2 or more, or `padding = \"none\"`")
        }
        for (channels, what) in [(input, "input"), (output, "output")] where channels % groups != 0 {
            throw ShapeFault(
                "groups", "\(channels) \(what) channels cannot be divided into \(groups) groups",
                at: what == "input" ? .input(0) : .call,
                hint: "`groups` must divide the channels of the input and of the output")
        }
        guard !isTransposed || isPlain else { throw .unfit(kind) }
    }

    /// Height or width of a convolution's result.
    package func convolved(_ size: MapSize) throws(ShapeFault) -> MapSize {
        let result = MapSize(
            height: size.height.plus(2 * verticalPadding).windows(of: reachHeight, every: stride),
            width: size.width.plus(2 * horizontalPadding).windows(of: reachWidth, every: stride))
        for extent in [result.height, result.width] where extent.scale == nil && extent.offset < 1 {
            throw ShapeFault(
                "shape-clash", "a kernel of \(kernelHeight)×\(kernelWidth) does not fit into \(size)",
                at: .input(0))
        }
        return result
    }

    var attributes: [Attribute] {
        var attributes = [
            Attribute("kernel", .integer(kernelHeight), prefix: "k"),
            Attribute("stride", .integer(stride), prefix: "s"),
            Attribute("padding", .integer(verticalPadding), prefix: "p"),
        ]
        func add(_ name: String, _ value: Int, _ prefix: String, unless usual: Int) {
            if value != usual { attributes.append(Attribute(name, .integer(value), prefix: prefix)) }
        }
        add("kernel_width", kernelWidth, "kw", unless: kernelHeight)
        add("padding_width", horizontalPadding, "pw", unless: verticalPadding)
        add("dilation", dilation, "d", unless: 1)
        add("groups", groups, "g", unless: 1)
        add("has_bias", hasBias ? 1 : 0, "b", unless: 1)
        return attributes
    }

    package init?(_ attributes: some AttributeReader, isTransposed: Bool) {
        guard let kernel = attributes.integer("kernel"), let stride = attributes.integer("stride"),
            let padding = attributes.integer("padding")
        else { return nil }
        self.isTransposed = isTransposed
        (kernelHeight, kernelWidth) = (kernel, attributes.integer("kernel_width") ?? kernel)
        self.stride = stride
        (verticalPadding, horizontalPadding) = (padding, attributes.integer("padding_width") ?? padding)
        dilation = attributes.integer("dilation") ?? 1
        groups = attributes.integer("groups") ?? 1
        hasBias = attributes.integer("has_bias") != 0
    }

    /// The weight, as PyTorch has it, and the bias.
    package func parameters(from input: Int, to output: Int) -> [OperatorParameter] {
        let (first, second) = isTransposed ? (input, output) : (output, input / groups)
        let area = kernelHeight * kernelWidth
        // As the papers and their codes count, also where a stride thins the connections out.
        let (fanIn, fanOut) = (input / groups * area, output / groups * area)
        let weight = OperatorParameter(
            name: "weight", kind: .weight, shape: [first, second, kernelHeight, kernelWidth],
            storage: isPlain ? .convolution(output: first, input: second, kernel: kernelHeight) : .plain,
            fanIn: fanIn, fanOut: fanOut)
        guard hasBias else { return [weight] }
        return [
            weight,
            OperatorParameter(name: "bias", kind: .bias, shape: [output], fanIn: fanIn, fanOut: fanOut),
        ]
    }

    package func onnx(_ site: ONNXSite, _ type: String) -> ONNXFragment {
        var attributes: [ONNXFragment.Attribute] = [
            .integers("kernel_shape", [kernelHeight, kernelWidth]),
            .integers("pads", [verticalPadding, horizontalPadding, verticalPadding, horizontalPadding]),
            .integers("strides", [stride, stride]),
        ]
        if dilation != 1 { attributes.append(.integers("dilations", [dilation, dilation])) }
        if groups != 1 { attributes.append(.integer("group", groups)) }
        if isTransposed, stride + 2 * verticalPadding != kernelHeight {
            let more = stride + 2 * verticalPadding - kernelHeight
            attributes.append(.integers("output_padding", [more, more]))
        }
        return ONNXFragment(site, type, site.inputs + site.parameters, attributes)
    }
}
