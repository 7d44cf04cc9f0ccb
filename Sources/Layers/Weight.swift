import Kernels
import LayerKernels
import Operators

/// Learned values of a network's own: a map of so many channels and pixels, the same for every image.
package struct Weight: Operator {
    package static let kind = "weight"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .name("name"), .integer("channels", Shape.channelCounts, .value(1)),
                .integer("height", sides, .value(1)), .integer("width", sides, .value(1)),
                .number("start", 0),
            ],
            help: """
                Learned values by the name `name`, which begin as `start`: a map of `channels`, `height` and `width` \
                that is the same for every image. With one channel, row or column it combines with any number of \
                these. Calls with one name in the same call of a block have the same values.
                """,
            example: """
                block scaled(x) { return x + conv(x) * weight("scale", channels(x)) }
                network residual(blurred) { output conv(scaled(conv(blurred, 4)), 1) }
                parameters(residual())  # 229
                """
        ) { call in
            Weight(
                call.text("name"),
                Shape(
                    channels: call.integer("channels"),
                    size: .fixed(height: call.integer("height"), width: call.integer("width"))),
                start: call.number("start"))
        })

    private static let sides = 1...4096

    /// Within the scope that the call is in.
    package let name: String
    package let shape: Shape
    package let start: Double

    package init(_ name: String, _ shape: Shape, start: Double) {
        (self.name, self.shape, self.start) = (name, shape, start)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let name = attributes.text("value_name"), let start = attributes.real("start") else {
            return nil
        }
        self.init(name, shape, start: start)
    }

    package var attributes: [Attribute] {
        [
            Attribute("value_name", .text(name)), Attribute("start", .real(start)),
        ]
    }

    package var givenName: String? { name }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard inputs.isEmpty, shape.size.isFixed, Self.sides.contains(shape.size.height.offset),
            Self.sides.contains(shape.size.width.offset)
        else { throw .unfit(kind) }
        return shape
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { ReceptiveFieldMargin.none }

    package func parameters(for inputs: [Shape]) -> [OperatorParameter] {
        [
            OperatorParameter(
                "value", [shape.channels, shape.size.height.offset, shape.size.width.offset], start: start)
        ]
    }

    package func lowering(for inputs: [Shape]) -> Lowering {
        .kernels(
            OperatorKernels(
                forward: Self.forward, gradients: [],
                parameterGradients: [ParameterGradient(0, Self.gradient, reading: .gradient)]))
    }

    private static let forward = Kernel("weight") { worker, operands in
        worker.repeatValues(operands.values[0], into: operands.target)
    }

    private static let gradient = Kernel("weight's gradient") { worker, operands in
        worker.addRepeatedValues(operands[0], into: operands.values[0])
    }

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let (name, size) = (site.name, "\(site.name).size")
        var fragment = ONNXFragment(result: name)
        fragment.add("\(name).shape", integers: [1] + parameters(for: [])[0].shape)
        fragment.add("Reshape", [site.parameters[0], "\(name).shape"], "\(name).one")
        fragment.add(site.shape, of: site, to: size)
        fragment.add("Expand", ["\(name).one", size], name)
        return fragment
    }
}
