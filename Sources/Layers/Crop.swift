import Kernels
import LayerKernels
import Operators

/// One of rows × columns equal parts of a map, counted from 0.
package struct Crop: Operator {
    package static let kind = "crop"

    package static let form = LanguageForm.function(
        LayerFunction(
            [
                .map("x"), .integer("rows", parts), .integer("columns", parts),
                .integer("row", within: "x") { 1...$0.integer("rows") },
                .integer("column", within: "x") { 1...$0.integer("columns") },
            ],
            help: """
                One of `rows` × `columns` equal parts of x: the one in `row` and `column`, counted from 1. `join` puts \
                parts together.
                """,
            example: """
                network halves(blurred) {
                    upper = crop(blurred, rows = 2, columns = 1, row = 1, column = 1)
                    lower = crop(blurred, rows = 2, columns = 1, row = 2, column = 1)
                    output join(conv(upper), conv(lower), columns = 1)
                }
                parameters(halves())  # 20
                """
        ) {
            Crop(
                rows: $0.integer("rows"), columns: $0.integer("columns"), row: $0.integer("row") - 1,
                column: $0.integer("column") - 1)
        })

    private static let parts = 1...64

    package let rows: Int
    package let columns: Int
    package let row: Int
    package let column: Int

    package init(rows: Int, columns: Int, row: Int, column: Int) {
        (self.rows, self.columns, self.row, self.column) = (rows, columns, row, column)
    }

    package init?(_ attributes: some AttributeReader, giving shape: Shape) {
        guard let rows = attributes.integer("rows"), let columns = attributes.integer("columns"),
            let row = attributes.integer("row"), let column = attributes.integer("column")
        else { return nil }
        self.init(rows: rows, columns: columns, row: row, column: column)
    }

    package var attributes: [Attribute] {
        [
            Attribute("rows", .integer(rows)), Attribute("columns", .integer(columns)),
            Attribute("row", .integer(row)), Attribute("column", .integer(column)),
        ]
    }

    package func shape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
        let input = try single(inputs)
        guard Self.parts.contains(rows), Self.parts.contains(columns), (0..<rows).contains(row),
            (0..<columns).contains(column)
        else { throw .unfit(kind) }
        return input.with(size: try input.size.divided(into: rows, columns))
    }

    package func isIdentity(on inputs: [Shape]) -> Bool { rows == 1 && columns == 1 }

    /// A part of a piece of the image is no piece of a part of the whole.
    package func margin(_ margin: ReceptiveFieldMargin, from source: MapSize, to target: MapSize)
        -> ReceptiveFieldMargin?
    { source.isFixed && margin == .none ? margin : nil }

    package func lowering(for inputs: [Shape]) -> Lowering {
        let (row, column) = (row, column)
        let forward = Kernel("crop") { worker, operands in
            let shape = operands.target.shape
            worker.copyBlock(
                of: operands[0], from: (row * shape.height, column * shape.width), into: operands.target,
                at: (0, 0), size: (shape.height, shape.width))
        }
        let gradient = Kernel("crop's gradient") { worker, operands in
            let shape = operands[0].shape
            worker.copyBlock(
                of: operands[0], from: (0, 0), into: operands.target,
                at: (row * shape.height, column * shape.width), size: (shape.height, shape.width),
                accumulates: true)
        }
        return .kernels(
            OperatorKernels(
                forward: forward,
                gradients: [InputGradient(0, gradient, reading: .gradient, writesAll: false)]))
    }

    package var passesGradientAtZero: Bool { true }

    package func onnx(_ site: ONNXSite) -> ONNXFragment {
        let name = site.name
        var fragment = ONNXFragment(result: name)
        fragment.add("Shape", site.inputs, "\(name).shape")
        fragment.addArithmetic(
            [("Mul", [0, 0, row, column]), ("Div", [1, 1, rows, columns])], from: "\(name).shape",
            to: "\(name).starts")
        // The ends of batch and channels are their own; those of the part are a part further.
        fragment.addArithmetic(
            [("Mul", [1, 1, row + 1, column + 1]), ("Div", [1, 1, rows, columns])], from: "\(name).shape",
            to: "\(name).ends")
        fragment.add("Slice", [site.inputs[0], "\(name).starts", "\(name).ends"], name)
        return fragment
    }
}
