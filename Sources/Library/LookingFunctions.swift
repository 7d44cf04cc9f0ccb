import Diagnostics
import Drawing
import Files
import Foundation
import Images
import Language
import Tracing
import Workbench

/// Images, curves and architectures, drawn.
package enum LookingFunctions {
    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "print", .values, [.rest("value", .anything("values"))],
                "Writes its values, separated by spaces, and ends the line.",
                examples: ["print(\"three times three is\", 3 * 3)  # three times three is 9"],
                .init(effect: .shows)),
            // A script that is checked prints; a row that is planned will print when it is run.
            plan: { workbench, arguments throws(Diagnostic) in
                workbench.mode.plan == nil ? try printed(workbench, arguments) : .nothing
            }
        ) { workbench, arguments throws(Diagnostic) in try printed(workbench, arguments) },
        Function(
            Builtin(
                "show", .looking,
                [
                    .rest("image", .anything("images, pairs of a dataset, or values")),
                    .derived("crop", .list("a list [x, y, width, height]"), "all"),
                ],
                """
                Draws images side by side in the terminal, all with the same crop if one is given: `x` and `y` in pixels \
                from the top left, counted from 0. A pair is shown as its blurred and its sharp image. Other values show as \
                they do at the prompt.
                """,
                examples: [
                    "one = pair(scenes(1, size = 32))\nshow(one.blurred, one.sharp, crop = [8, 8, 16, 16])"
                ], .init(effect: .shows))
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.showImages(arguments)
            return .nothing
        },
        Function(
            Builtin(
                "diagram", .looking,
                [
                    .required("net", .network), .derived("to", .path(.writes), "the terminal"),
                    .standard("channels", .wholeOf([1, 3]), .number(1)),
                ],
                """
                Draws the architecture: each use of a role is a box, boxes of one colour use the same weights, \
                scales are frames. With `to` ending in .svg, .pdf or .png it writes a file. Graphviz does the drawing; in a terminal \
                that shows no images it is a line for each box, with arrows from those that it reads.
                """, examples: ["diagram(gao2019(scales = 2, widths = [8, 16]))"], .init(effect: .shows)),
            plan: { workbench, arguments throws(Diagnostic) in
                _ = try NetworkFunctions.graph("net", workbench, arguments)
                let _: (Diagram.Format, path: String)? = try arguments.target()
                return .nothing
            }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.drawDiagram(arguments)
            return .nothing
        },
    ]

    private static func printed(_ workbench: Workbench, _ arguments: Arguments) throws(Diagnostic) -> Value {
        for argument in arguments.rest {
            try Interpreter.checkDescription(of: argument.value, at: argument.span)
        }
        workbench.frontEnd.show(.text(arguments.rest.map(\.value.description).joined(separator: " ")))
        return .nothing
    }
}

extension Workbench {
    // MARK: Images

    fileprivate func showImages(_ arguments: Arguments) throws(Diagnostic) {
        guard !arguments.rest.isEmpty else {
            throw .missingArgument("image", of: "show", at: arguments.span, declared: nil)
        }
        var images: [(image: Image, name: String)] = []
        for argument in arguments.rest {
            if let image = argument.value.as(Image.self) {
                images.append((image, argument.span.text))
            } else if case .record(let fields) = argument.value,
                fields.values.contains(where: { $0.as(Image.self) != nil })
            {
                images += fields.compactMap { name, value in value.as(Image.self).map { ($0, name) } }
            } else {
                show(argument.value)
            }
        }
        guard !images.isEmpty else { return }
        if arguments.optional("crop") != nil {
            for index in images.indices { images[index].image = try cropped(images[index].image, arguments) }
        }
        let heights = images.map(\.image.height)
        guard let first = heights.first, let other = heights.first(where: { $0 != first }) else {
            let names = images.map { "\($0.name) \($0.image.width)×\($0.image.height)" }.joined(
                separator: " | ")
            return frontEnd.show(.image(Image.row(images.map(\.image), gap: 4), text: names))
        }
        throw .unequalHeights(first, other, at: arguments.span)
    }

    private func cropped(_ image: Image, _ arguments: Arguments) throws(Diagnostic) -> Image {
        let (x, y, width, height) = try place(within: image, arguments)
        return image.cropped(x: x, y: y, width: width, height: height)
    }

    /// What `crop` says.
    package func place(
        within image: Image, _ arguments: Arguments
    ) throws(Diagnostic) -> (x: Int, y: Int, width: Int, height: Int) {
        let value = try arguments.value("crop")
        let numbers = (value.elements ?? []).compactMap { element -> Int? in
            if case .number(let number) = element, number == number.rounded(), abs(number) < 1e6 {
                Int(number)
            } else {
                nil
            }
        }
        guard numbers.count == 4, value.elements?.count == 4 else { throw arguments.wrong("crop", value) }
        let (x, y, width, height) = (numbers[0], numbers[1], numbers[2], numbers[3])
        guard x >= 0, y >= 0, width > 0, height > 0, x + width <= image.width, y + height <= image.height
        else {
            throw .cropOutside(image.width, image.height, at: arguments.span(of: "crop"))
        }
        return (x, y, width, height)
    }

    // MARK: Architectures

    fileprivate func drawDiagram(_ arguments: Arguments) throws(Diagnostic) {
        let graph = try NetworkFunctions.graph("net", self, arguments)
        let network = try arguments.network("net")
        let format: (Diagram.Format, path: String)? = try arguments.target()
        let diagram = Diagram(graph, title: network.description)
        let counts =
            "\(counted(diagram.boxCount, "box", plural: "boxes")), "
            + "\(counted(diagram.weightSetCount, "set")) of weights; "
            + "`diagram(…, to = \"net.svg\")` writes an image"
        try draw(
            Drawing(
                text: { (columns, _) throws(Diagnostic) in diagram.text(columns: columns) + counts + "\n" },
                image: { (_) throws(Diagnostic) in try diagram.image() }),
            into: format?.path
        ) { () throws(Diagnostic) in try diagram.file(format?.0 ?? .png) }
    }
}

extension Diagnostic {
    fileprivate static func cropOutside(_ width: Int, _ height: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "out-of-range", "this crop does not lie within an image of \(width)×\(height)", at: span,
            hint: "`crop = [x, y, width, height]`, x and y counted from 0 at the top left")
    }
}
