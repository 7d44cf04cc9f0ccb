import Data
import Diagnostics
import Drawing
import Experiments
import Files
import Foundation
import Images
import Runs

extension Builtin {
    static let looking: [Builtin] = [
        Builtin(
            "show", .looking,
            [
                .rest("image", "images, pairs of a dataset, or values"),
                .derived("crop", "a list [x, y, width, height]", "all"),
            ],
            """
            Draws images side by side in the terminal, all with the same crop if one is given: `x` and `y` in pixels \
            from the top left, counted from 0. A pair is shown as its blurred and its sharp image. Other values show as \
            they do at the prompt.
            """,
            examples: [
                "one = pair(scenes(1, size = 32))\nshow(one.blurred, one.sharp, crop = [8, 8, 16, 16])"
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.showImages(arguments)
            return .nothing
        },
        Builtin(
            "plot", .looking,
            [
                .rest("run", "models, lists of models, or names of experiments"),
                .derived("x", "a text", "the steps").about(
                    "of one experiment, the column that points stand at"),
                .derived("y", "a text", "loss and PSNR").about("the column that is measured"),
                .derived("by", "a text", "none").about("the column whose values are series"),
                .derived("to", "a path", "the terminal"),
            ],
            """
            Draws the loss (logarithmic, unless it is in decibels) and the PSNR of the batches in dB over the training's steps: \
            of models, or of every row of an experiment. With `x` and `y`, columns of an experiment: means over the rows with \
            their 95 % intervals. Over labels these are bars, or points where zero is far off; over numbers a line for each \
            series, or points where `x` is measured. With `to` ending in .svg, .png or .pdf it writes a file. gnuplot does the \
            drawing.
            """,
            examples: [
                "plot(\"blocks\", x = \"transform\", y = \"psnr\", to = \"blocks.svg\")",
                "plot(train(gao2019(widths = [4, 8], scales = 2), scenes(2, size = 32), steps = 3, batch = 1, patch = 32))",
            ]
        ) { session, arguments throws(Diagnostic) in
            if arguments.optional("x") == nil, arguments.optional("y") == nil {
                try arguments.refuse(["by"], because: "for columns, which `x` and `y` name")
                try session.plotCurves(arguments)
            } else {
                try session.plotColumns(arguments)
            }
            return .nothing
        },
        Builtin(
            "diagram", .looking,
            [
                .required("net", "a network"), .derived("to", "a path", "the terminal"),
                .standard("channels", "1 or 3", .number(1)),
            ],
            """
            Draws the architecture: each pass through `weights` is a box, boxes of one colour use the same weights, \
            scales are frames. With `to` ending in .svg, .pdf or .png it writes a file. Graphviz does the drawing; in a terminal \
            that shows no pictures it is a line for each box, with arrows from those that it reads.
            """,
            examples: ["diagram(gao2019(scales = 2, widths = [8, 16]))"]
        ) { session, arguments throws(Diagnostic) in
            try session.drawDiagram(arguments)
            return .nothing
        },
    ]
}

extension Session {
    // MARK: Images

    fileprivate func showImages(_ arguments: Arguments) throws(Diagnostic) {
        guard !arguments.rest.isEmpty else {
            throw .missingArgument("image", of: "show", at: arguments.span, declared: nil)
        }
        guard !isRehearsal else { return }
        var images: [(image: Image, name: String)] = []
        for argument in arguments.rest {
            switch argument.value {
            case .image(let image): images.append((image, argument.span.text))
            case .record(let fields):
                let inside = fields.filter { if case .image = $0.value { true } else { false } }
                guard !inside.isEmpty else {
                    show(argument.value)
                    continue
                }
                for case (let name, .image(let image)) in inside { images.append((image, name)) }
            case .nothing, .number, .text, .boolean, .list, .range, .callable, .network, .sharing, .dataset,
                .model,
                .table, .feature, .pending:
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
            return front.show(.image(Image.row(images.map(\.image), gap: 4), text: names))
        }
        throw .unequalHeights(first, other, at: arguments.span)
    }

    private func cropped(_ image: Image, _ arguments: Arguments) throws(Diagnostic) -> Image {
        let (x, y, width, height) = try place(within: image, arguments)
        return image.cropped(x: x, y: y, width: width, height: height)
    }

    /// What `crop` says.
    func place(
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

    // MARK: Curves

    fileprivate func plotCurves(_ arguments: Arguments) throws(Diagnostic) {
        guard !arguments.rest.isEmpty else {
            throw .missingArgument("run", of: "plot", at: arguments.span, declared: nil)
        }
        let format: (CurvePlot.Format, path: String)? = try target(arguments)
        guard !isRehearsal else { return }
        var curves: [CurvePlot.Curve] = []
        for argument in arguments.rest {
            let values = argument.value.elements ?? [argument.value]
            for (index, value) in values.enumerated() {
                let place = values.count == 1 ? "" : "[\(index + 1)]"
                curves += try self.curves(of: value, written: argument.span.text + place, at: argument.span)
            }
        }
        guard curves.contains(where: { !$0.points.isEmpty }) else { throw .nothingToPlot(at: arguments.span) }
        let plot = CurvePlot(curves.filter { !$0.points.isEmpty })
        try draw(
            Drawing(
                text: { (columns, rows) throws(Diagnostic) in try plot.text(columns: columns, rows: rows) },
                picture: { (width) throws(Diagnostic) in try plot.picture(width: width) }),
            into: format?.path
        ) { () throws(Diagnostic) in try plot.file(format?.0 ?? .png) }
    }

    /// - Parameter written: how the call says it: a name tells models of equal networks apart.
    private func curves(
        of value: Value, written: String, at span: Span
    ) throws(Diagnostic) -> [CurvePlot.Curve] {
        switch value {
        case .model(let model):
            let points = (try model.report?.history ?? []).map {
                CurvePlot.Point(
                    step: $0.step, loss: $0.recent?.loss ?? $0.loss, psnr: $0.recent?.psnr ?? $0.psnr)
            }
            let isName = written.allSatisfy { $0.isLetter || $0.isNumber || "_[]".contains($0) }
            let name = (isName ? "\(written): " : "") + model.network.description
            return [CurvePlot.Curve(name: name, points: points)]
        case .text(let name):
            try ExperimentStore.check(name: name)
            let table = try ResultTable(
                readFrom: ExperimentStore.tablePath(name, in: configuration.resultsFolder))
            let store = RunStore(in: configuration.resultsFolder)
            var curves: [CurvePlot.Curve] = []
            for row in table.rows {
                let axes = store.recipe(of: row.fingerprint)?.axes.map { "\($0.key) = \($0.value)" } ?? []
                // Of all the row's trainings, one after the other.
                var points: [CurvePlot.Point] = []
                for run in store.runs(ofRow: row.fingerprint)
                where FileManager.default.fileExists(atPath: store.path(of: run, .curve)) {
                    points += try store.curve(of: run).map {
                        CurvePlot.Point(step: $0.step, loss: $0.loss, psnr: $0.psnrMean ?? $0.psnr)
                    }
                }
                curves.append(.init(name: axes.isEmpty ? name : axes.joined(separator: ", "), points: points))
            }
            return curves
        case .nothing, .number, .boolean, .list, .range, .record, .callable, .network, .sharing, .dataset,
            .table,
            .image, .feature, .pending:
            throw .wrongKind(
                "what `plot` draws", wanted: "a model, a list of models or an experiment's name", got: value,
                at: span)
        }
    }

    // MARK: Architectures

    fileprivate func drawDiagram(_ arguments: Arguments) throws(Diagnostic) {
        let graph = try Builtin.graph("net", self, arguments)
        let network = try arguments.network("net")
        let format: (Diagram.Format, path: String)? = try target(arguments)
        guard !isRehearsal else { return }
        let diagram = Diagram(graph, title: network.description)
        let counts =
            "\(counted(diagram.boxCount, "box", plural: "boxes")), "
            + "\(counted(diagram.weightSetCount, "set")) of weights; "
            + "`diagram(…, to = \"net.svg\")` writes a picture"
        try draw(
            Drawing(
                text: { (columns, _) throws(Diagnostic) in diagram.text(columns: columns) + counts + "\n" },
                picture: { (_) throws(Diagnostic) in try diagram.picture() }),
            into: format?.path
        ) { () throws(Diagnostic) in try diagram.file(format?.0 ?? .png) }
    }

    /// Shows a drawing, or writes it where a file is asked for.
    func draw(
        _ drawing: Drawing, into path: String?, file: () throws(Diagnostic) -> [UInt8]
    ) throws(Diagnostic) {
        guard let path else { return front.show(.drawing(drawing)) }
        guard writesFiles else { return }
        try writeAtomically(try file(), to: path)
        front.notice(path)
    }

    /// The file that is asked for, and its format by the ending.
    func target<Format: CaseIterable & RawRepresentable<String>>(
        _ arguments: Arguments
    ) throws(Diagnostic) -> (Format, path: String)? {
        guard arguments.optional("to") != nil else { return nil }
        let path = try arguments.text("to")
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard path.contains("."), let format = Format(rawValue: ending) else {
            throw .unknownDrawingFormat(
                path, known: Format.allCases.map(\.rawValue), at: arguments.span(of: "to"))
        }
        return (format, path)
    }
}

extension Diagnostic {
    fileprivate static func cropOutside(_ width: Int, _ height: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "out-of-range", "this crop does not lie within an image of \(width)×\(height)", at: span,
            hint: "`crop = [x, y, width, height]`, x and y counted from 0 at the top left")
    }

    fileprivate static func nothingToPlot(at span: Span) -> Diagnostic {
        Diagnostic("nothing-to-plot", "there is no loss curve to draw", at: span)
    }

    fileprivate static func unknownDrawingFormat(_ path: String, known: [String], at span: Span) -> Diagnostic
    {
        Diagnostic(
            "unknown-format", "\"\(path)\" does not end like a drawing that can be written", at: span,
            notes: ["it can end with " + known.map { "." + $0 }.joined(separator: ", ")])
    }
}
