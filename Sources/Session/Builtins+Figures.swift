import Diagnostics
import Drawing
import Files
import Foundation
import Images
import Statistics

extension Builtin {
    static let figures: [Builtin] = [
        Builtin(
            "figure", .looking,
            [
                .rest("image", "images of one size"),
                .derived("names", "a list of texts", "as they are written"),
                .derived("crop", "a list [x, y, width, height]", "none"),
                .derived("sharp", "an image", "none"),
                .derived("to", "a path", "the terminal"),
            ],
            """
            Draws images beside each other with their names above; with a `crop`, the same part of each below it, enlarged; \
            with `sharp`, below that how far each is from it, from black (equal) to white (51 levels of 255 or more). With `to` \
            ending in .png or .pdf it writes a file. gnuplot does the drawing.
            """,
            examples: [
                "one = pair(scenes(1, size = 48))\nfigure(one.blurred, one.sharp, crop = [8, 8, 16, 16], sharp = one.sharp, to = \"figure.png\")"
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.drawFigure(arguments)
            return .nothing
        }
    ]
}

extension Session {
    /// `plot` of columns of a table.
    func plotColumns(_ arguments: Arguments) throws(Diagnostic) {
        guard arguments.rest.count == 1, case .text(let name) = arguments.rest[0].value else {
            throw .oneTable(at: arguments.span)
        }
        for needed in ["x", "y"] where arguments.optional(needed) == nil {
            throw .missingArgument(needed, of: "plot", at: arguments.span, declared: nil)
        }
        let (x, y) = (try arguments.text("x"), try arguments.text("y"))
        let by = try arguments.given("by", arguments.text)
        let format: (CurvePlot.Format, path: String)? = try target(arguments)
        if isRehearsal {
            _ = try planReading(table: name, at: arguments.rest[0].span)
            return
        }
        let (table, axes) = try table(name)
        let series = try TableSeries(table, x: x, y: y, by: by, axes: axes)
        let plot = ValuePlot(
            series.series.map { series in
                ValuePlot.Series(
                    name: series.name,
                    points: series.points.map {
                        .init(x: $0.x.description, y: $0.mean, interval: $0.interval)
                    })
            }, x: series.xHeading, y: series.yHeading, seriesName: by ?? "", isNumeric: series.isNumeric,
            joins: series.isVaried || series.series.contains { $0.points.contains { $0.interval != nil } })
        guard !plot.isEmpty else { throw .noValues(of: y, at: arguments.span(of: "y")) }
        if series.leftOut > 0 {
            front.notice(
                "\(counted(series.leftOut, "row")) without a finite `\(y)` or without `\(x)` left out of the plot"
            )
        }
        try draw(
            Drawing(
                text: { (columns, rows) throws(Diagnostic) in try plot.text(columns: columns, rows: rows) },
                picture: { (width) throws(Diagnostic) in try plot.picture(width: width) }),
            into: format?.path
        ) { () throws(Diagnostic) in try plot.file(format?.0 ?? .png) }
    }

    // MARK: Figures

    fileprivate func drawFigure(_ arguments: Arguments) throws(Diagnostic) {
        guard !arguments.rest.isEmpty else {
            throw .missingArgument("image", of: "figure", at: arguments.span, declared: nil)
        }
        let format: (Figure.Format, path: String)? = try target(arguments)
        guard !isRehearsal else { return }
        let panels = try panels(arguments)
        var images = panels.map(\.image)
        var sharp: Image?
        if let value = arguments.optional("sharp") {
            guard case .image(let image) = value else { throw arguments.wrong("sharp", value) }
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
                picture: { (width) throws(Diagnostic) in try figure.picture(width: width) }),
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
            guard case .image(let image) = argument.value else {
                throw .wrongKind(
                    "what `figure` draws", wanted: "images", got: argument.value, at: argument.span)
            }
            panels.append(.init(title: name, image: image))
        }
        return panels
    }

    /// Of `one.blurred` the field; other than names and fields as it stands.
    private static func title(writtenAs text: String) -> String {
        let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "_.".contains($0) }
        return isPlain ? text.components(separatedBy: ".").last ?? text : text
    }
}

extension Diagnostic {
    fileprivate static func oneTable(at span: Span) -> Diagnostic {
        Diagnostic(
            "wrong-kind", "`x` and `y` are columns of one experiment, whose name comes first", at: span,
            hint: "such as plot(\"blocks\", x = \"parameters\", y = \"psnr\")")
    }

    fileprivate static func noValues(of column: String, at span: Span) -> Diagnostic {
        Diagnostic("nothing-to-plot", "no row of the table has a finite `\(column)`", at: span)
    }

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
