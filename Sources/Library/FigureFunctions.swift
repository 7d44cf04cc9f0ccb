import Diagnostics
import Drawing
import Files
import Foundation
import Images
import Language
import Statistics
import Tracing
import Workbench

/// Figures of images.
package enum FigureFunctions {
    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "figure", .looking,
                [
                    .rest("image", .anything("images of one size")),
                    .derived("names", .list("a list of texts"), "as they are written"),
                    .derived("crop", .list("a list [x, y, width, height]"), "none"),
                    .derived("sharp", .image, "none"),
                    .derived("to", .path(.writes), "the terminal"),
                ],
                """
                Draws images beside each other with their names above; with a `crop`, the same part of each below it, enlarged; \
                with `sharp`, below that how far each is from it, from black (equal) to white (51 levels of 255 or more). With `to` \
                ending in .png or .pdf it writes a file. gnuplot does the drawing.
                """,
                examples: [
                    "one = pair(scenes(1, size = 48))\nfigure(one.blurred, one.sharp, crop = [8, 8, 16, 16], sharp = one.sharp, to = \"figure.png\")"
                ], .init(effect: .shows)),
            plan: { _, arguments throws(Diagnostic) in
                let _: (Figure.Format, path: String)? = try arguments.target()
                return .nothing
            }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.drawFigure(arguments)
            return .nothing
        }
    ]
}

extension Workbench {
    fileprivate func drawFigure(_ arguments: Arguments) throws(Diagnostic) {
        guard !arguments.rest.isEmpty else {
            throw .missingArgument("image", of: "figure", at: arguments.span, declared: nil)
        }
        let format: (Figure.Format, path: String)? = try arguments.target()
        let panels = try panels(arguments)
        var images = panels.map(\.image)
        var sharp: Image?
        if let image = try arguments.given("sharp", arguments.image) {
            sharp = image
            images.append(image)
        }
        let sizes = images.map { [$0.width, $0.height] }
        if let other = sizes.first(where: { $0 != sizes[0] }) {
            throw .unequalSizes(sizes[0], other, at: arguments.span)
        }
        let crop = try arguments.optional("crop") == nil ? nil : place(within: images[0], arguments)
        let figure = Figure(panels, crop: crop, sharp: sharp)
        try draw(
            Drawing(
                text: { (_, _) in panels.map(\.title).joined(separator: " | ") + "\n" },
                image: { (width) throws(Diagnostic) in try figure.image(width: width) }),
            into: format?.path
        ) { () throws(Diagnostic) in try figure.file(format?.0 ?? .png) }
    }

    /// The images with their names.
    private func panels(_ arguments: Arguments) throws(Diagnostic) -> [Figure.Panel] {
        let names =
            try arguments.optional("names") == nil
            ? arguments.rest.map { Self.title(writtenAs: $0.span.text) }
            : arguments.texts("names")
        guard names.count == arguments.rest.count else {
            throw .unequalCounts(names.count, arguments.rest.count, at: arguments.span(of: "names"))
        }
        var panels: [Figure.Panel] = []
        for (argument, name) in zip(arguments.rest, names) {
            guard let image = argument.value.as(Image.self) else {
                throw .wrongKind(
                    "what `figure` draws", wanted: "images", got: argument.value, at: argument.span)
            }
            panels.append(.init(title: name, image: image))
        }
        return panels
    }

    /// The title of an argument: of `one.blurred` the field, and of what is neither a name nor a field the
    /// text as it stands.
    private static func title(writtenAs text: String) -> String {
        let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "_.".contains($0) }
        return isPlain ? text.components(separatedBy: ".").last ?? text : text
    }
}

extension Diagnostic {
    fileprivate static func unequalCounts(_ names: Int, _ images: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "wrong-count", "there are \(counted(names, "name")) for \(counted(images, "image"))", at: span,
            hint: "`names` has a text for each image, in their order")
    }

    fileprivate static func unequalSizes(_ first: [Int], _ second: [Int], at span: Span) -> Diagnostic {
        Diagnostic(
            "unequal-sizes",
            "the images of a figure have one size, and these have \(first[0])×\(first[1]) and \(second[0])×\(second[1])",
            at: span)
    }
}
