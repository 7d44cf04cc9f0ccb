/// The blurred image.
package struct Input: Operator {
    package static let kind = "input"
    package static let form = LanguageForm.none

    package let channels: Int

    package init(channels: Int) { self.channels = channels }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) { channels = shape.channels }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard inputs.isEmpty else { throw .unfit(kind) }
        return Shape(channels: channels)
    }

    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { ReceptiveFieldMargin.none }

    package func lowering(for inputs: [Shape]) -> Lowering { .image }

    package var passesGradientAtZero: Bool { false }

    package func onnx(_ site: ONNXSite) -> ONNXFragment { ONNXFragment(result: site.image) }
}
