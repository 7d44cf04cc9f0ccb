import Kernels
import LayerKernels
import Operators

/// A product of two matrices. A map is a matrix with a row for each pixel and a column for each channel; a
/// matrix of channels by channels is a map with a row for each of the one, a column for each head, and a
/// channel for each of the other. With heads, each head has a part of the channels to itself [Zamir et al.
/// 2022].
package struct MatrixMultiply: Operator {
    /// What the product sums over.
    package enum Dimension: String, Hashable, Sendable, CaseIterable {
        case pixels
        case channels
    }

    package static let kind = "matmul"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .map("x"), .map("y"), .text("over", Dimension.allCases.map(\.rawValue)),
                .integer("heads", Shape.channelCounts, .value(1)),
            ],
            help: """
                The product of two matrices. Over pixels: the products of all channels of x with all channels of y, \
                summed over the pixels, head by head: a map of height channels(x) / heads, width `heads` and \
                channels(y) / heads channels. Over channels: x with its channels mixed by such a map y, of width `heads`.
                """,
            example: """
                block attended(q, k, v) {
                    return matmul(v, softmax(matmul(normalise(q), normalise(k))), over = "channels")
                }
                network attentive(blurred) {
                    x = conv(blurred, 4)
                    output conv(attended(conv(x), conv(x), conv(x)), 1)
                }
                parameters(attentive())  # 521
                """
        ) { call in
            MatrixMultiply(
                over: Dimension(rawValue: call.text("over")) ?? .pixels, heads: call.integer("heads"))
        })

    package let over: Dimension
    package let heads: Int

    package init(over: Dimension, heads: Int = 1) { (self.over, self.heads) = (over, heads) }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let over = attributes.text("over").flatMap(Dimension.init(rawValue:)),
            let heads = attributes.integer("heads")
        else { return nil }
        self.init(over: over, heads: heads)
    }

    package var attributes: [Attribute] {
        [Attribute("over", .text(over.rawValue)), Attribute("heads", .integer(heads))]
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard inputs.count == 2, Shape.channelCounts.contains(heads) else { throw .unfit(kind) }
        let (left, right) = (inputs[0], inputs[1])
        for (index, input) in inputs.enumerated() where over == .pixels || index == 0 {
            guard input.channels.isMultiple(of: heads) else {
                throw ShapeFault(
                    "shape-clash", "\(input.channels) channels cannot be divided into \(heads) heads",
                    at: .input(index), hint: "`heads` must divide the channels")
            }
        }
        switch over {
        case .pixels:
            guard left.size == right.size else {
                throw ShapeFault(
                    "shape-clash", "feature maps of different sizes have no product over pixels",
                    at: .pair(0, 1),
                    hint: ShapeFault.resizing)
            }
            return Shape(
                channels: right.channels / heads, size: .fixed(height: left.channels / heads, width: heads))
        case .channels:
            guard right.size.isFixed, right.size.width == .fixed(heads),
                right.channels == left.channels / heads
            else {
                throw ShapeFault(
                    "shape-clash",
                    "the channels of one do not fit the matrix that the other is, with heads = \(heads)",
                    at: .pair(0, 1),
                    hint: "the matrix needs \(left.channels / heads) channels and a width of \(heads), as "
                        + "`matmul(…, over = \"pixels\", heads = \(heads))` gives it")
            }
            let channels = right.size.height.offset * heads
            guard Shape.channelCounts.contains(channels) else {
                throw ShapeFault(
                    "too-many", "there are more than 65,536 channels in a feature map", at: .call)
            }
            return left.with(channels: channels)
        }
    }

    package func cost(_ inputs: [Shape], _ output: Shape) -> Cost? {
        switch over {
        case .pixels: Cost(factors: [output.size.height.offset, inputs[1].channels], size: inputs[0].size)
        case .channels: Cost(factors: [output.channels / heads, inputs[0].channels], size: inputs[0].size)
        }
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    {
        switch over {
        case .pixels: source.isFixed && margin == .none ? margin : nil
        case .channels: margin
        }
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        switch over {
        case .pixels: .kernels(Self.overPixels)
        case .channels: .kernels(Self.overChannels)
        }
    }

    private static let overPixels = OperatorKernels(
        forward: products("matmul over pixels"),
        gradients: [
            // dx = y · dmᵀ and dy = x · dm, pixel by pixel.
            InputGradient(0, mixing("matmul's gradient", isTransposed: false), reading: .input(1), .gradient),
            InputGradient(1, mixing("matmul's gradient", isTransposed: true), reading: .input(0), .gradient),
        ], workspace: { _, output in Worker.productsWorkspace(matrix: output) })

    private static let overChannels = OperatorKernels(
        forward: mixing("matmul over channels", isTransposed: false),
        gradients: [
            InputGradient(0, mixing("matmul's gradient", isTransposed: true), reading: .gradient, .input(1)),
            InputGradient(1, products("matmul's gradient"), reading: .gradient, .input(0)),
        ], workspace: { inputs, _ in Worker.productsWorkspace(matrix: inputs[1]) })

    private static func products(_ name: String) -> Kernel {
        Kernel(name) { worker, operands in
            worker.channelProducts(
                operands[0], operands[1], into: operands.target, accumulates: operands.accumulates)
        }
    }

    private static func mixing(_ name: String, isTransposed: Bool) -> Kernel {
        Kernel(name) { worker, operands in
            worker.multiplyChannels(
                operands[0], by: operands[1], isTransposed: isTransposed, into: operands.target,
                accumulates: operands.accumulates)
        }
    }

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let name = site.name
        var fragment = ONNXFragment(result: name)
        /// [image][head][channel][pixel]
        func arrange(_ index: Int, _ result: String) {
            fragment.add(
                "\(result).shape", integers: [0, heads, site.inputShapes[index].channels / heads, -1])
            fragment.add("Reshape", [site.inputs[index], "\(result).shape"], result)
        }
        arrange(0, "\(name).x")
        switch over {
        case .pixels:
            arrange(1, "\(name).y")
            fragment.add(
                "Transpose", ["\(name).y"], "\(name).columns", [.integers("perm", [0, 1, 3, 2])])
            fragment.add("MatMul", ["\(name).x", "\(name).columns"], "\(name).products")
            fragment.add("Transpose", ["\(name).products"], name, [.integers("perm", [0, 3, 2, 1])])
        case .channels:
            fragment.add(
                "Transpose", [site.inputs[1]], "\(name).matrix", [.integers("perm", [0, 3, 2, 1])])
            fragment.add("MatMul", ["\(name).matrix", "\(name).x"], "\(name).mixed")
            fragment.add(site.shape, of: site, to: "\(name).size")
            fragment.add("Reshape", ["\(name).mixed", "\(name).size"], name)
        }
        return fragment
    }
}
