import Kernels
import LayerKernels
import Operators

/// Maps of one shape beside and below one another, row by row.
package struct Join: Operator {
    package static let kind = "join"

    package static let form = LanguageForm.function(
        LayerFunction(
            [.maps("x"), .integer("columns", 1...64)],
            help: """
                Feature maps of one shape put together, `columns` beside one another, row by row from the top: the \
                opposite of `crop`. A list of feature maps counts as several.
                """,
            example: """
                network halves(blurred) {
                    left = crop(blurred, rows = 1, columns = 2, row = 1, column = 1)
                    right = crop(blurred, rows = 1, columns = 2, row = 1, column = 2)
                    output join(conv(left), conv(right), columns = 2)
                }
                parameters(halves())  # 20
                """
        ) { Join(columns: $0.integer("columns")) })

    package let columns: Int

    package init(columns: Int) { self.columns = columns }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let columns = attributes.integer("columns") else { return nil }
        self.init(columns: columns)
    }

    package var attributes: [Attribute] { [Attribute("columns", .integer(columns))] }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        guard let first = inputs.first, (1...64).contains(columns) else { throw .unfit(kind) }
        if let other = inputs.firstIndex(where: { $0 != first }) {
            throw ShapeFault(
                "shape-clash", "feature maps of different shapes cannot be joined",
                at: .later(other, than: 0),
                hint: ShapeFault.resizing)
        }
        guard inputs.count.isMultiple(of: columns) else {
            throw ShapeFault(
                "shape-clash", "\(inputs.count) feature maps do not fill rows of \(columns)", at: .call,
                hint: "`columns` must divide the number of feature maps")
        }
        return first.with(
            size: MapSize(
                height: first.size.height.multiplied(by: inputs.count / columns),
                width: first.size.width.multiplied(by: columns)))
    }

    package func isIdentity(on inputs: [Shape]) -> Bool { inputs.count == 1 }

    /// What is put together from pieces of the image is no piece of the whole.
    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { source.isFixed && margin == .none ? margin : nil }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let (count, columns) = (inputs.count, columns)
        let forward = Kernel("join") { worker, operands in
            for index in 0..<count {
                let shape = operands[index].shape
                worker.copyBlock(
                    of: operands[index], from: (0, 0), into: operands.target,
                    at: (index / columns * shape.height, index % columns * shape.width),
                    size: (shape.height, shape.width))
            }
        }
        let gradients = (0..<count).map { index in
            InputGradient(
                index,
                Kernel("join's gradient") { worker, operands in
                    let shape = operands.target.shape
                    worker.copyBlock(
                        of: operands[0],
                        from: (index / columns * shape.height, index % columns * shape.width),
                        into: operands.target, at: (0, 0), size: (shape.height, shape.width),
                        accumulates: operands.accumulates)
                }, reading: .gradient)
        }
        return .kernels(OperatorKernels(forward: forward, gradients: gradients))
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let rows = site.inputs.count / columns
        var fragment = ONNXFragment(result: site.name)
        for row in 0..<rows {
            fragment.add(
                "Concat", Array(site.inputs[row * columns..<(row + 1) * columns]), "\(site.name).row\(row)",
                [.integer("axis", 3)])
        }
        fragment.add(
            "Concat", (0..<rows).map { "\(site.name).row\($0)" }, site.name, [.integer("axis", 2)])
        return fragment
    }
}
