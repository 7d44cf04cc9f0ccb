import Kernels

/// factor · x + offset, for numbers that stand beside feature maps.
package struct Affine: Operator {
    package static let kind = "affine"
    package static let form = LanguageForm.none

    package let factor: Double
    package let offset: Double

    package init(factor: Double, offset: Double) {
        self.factor = factor
        self.offset = offset
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let factor = attributes.real("times"), let offset = attributes.real("plus") else { return nil }
        self.init(factor: factor, offset: offset)
    }

    package var attributes: [Attribute] {
        [Attribute("times", .real(factor)), Attribute("plus", .real(offset))]
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape { try single(inputs) }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let (factor, offset) = (Float(factor), Float(offset))
        let forward = Kernel("affine") { worker, operands in
            worker.affine(operands[0], factor: factor, offset: offset, into: operands.target)
        }
        return .kernels(
            OperatorKernels(
                forward: forward,
                gradients: [InputGradient(0, .scaledGradient(factor), reading: .gradient)]))
    }

    package var passesGradientAtZero: Bool { factor != 0 }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let (factor, offset) = ("\(site.name).factor", "\(site.name).offset")
        var fragment = ONNXFragment(result: site.name)
        fragment.add(factor, [], floats: [Float(self.factor)])
        fragment.add(offset, [], floats: [Float(self.offset)])
        fragment.add("Mul", [site.inputs[0], factor], "\(site.name).product")
        fragment.add("Add", ["\(site.name).product", offset], site.name)
        return fragment
    }
}
