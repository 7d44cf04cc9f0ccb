import Diagnostics
import Drawing
import Experiments
import Foundation
import Language
import LossCurves
import Runs
import Statistics
import Workbench

/// Curves of trainings and columns of tables, drawn.
package enum PlotFunctions {
    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "plot", .looking,
                [
                    .rest(
                        "run",
                        .described(
                            "models, lists of models, or names of experiments",
                            .either([.model, .list("a list of models"), .experiment]))),
                    .derived("x", .column, "the steps").about(
                        "of one experiment, the column that points stand at"),
                    .derived("y", .column, "loss and PSNR").about("the column that is measured"),
                    .derived("by", .column, "none").about("the column whose values are series"),
                    .derived("to", .path(.writes), "the terminal"),
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
                ], .init(effect: .shows)),
            plan: { workbench, arguments throws(Diagnostic) in
                try workbench.planPlot(arguments)
                return .nothing
            }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.plot(arguments)
            return .nothing
        }
    ]
}

extension Workbench {
    fileprivate func planPlot(_ arguments: Arguments) throws(Diagnostic) {
        let _: (CurvePlot.Format, path: String)? = try arguments.target()
        guard try arguments.plotsColumns() else { return }
        try planReading(table: arguments.plottedTable(), at: arguments.rest[0].span)
    }

    fileprivate func plot(_ arguments: Arguments) throws(Diagnostic) {
        if try arguments.plotsColumns() { try plotColumns(arguments) } else { try plotCurves(arguments) }
    }

    /// `plot` of columns of a table.
    private func plotColumns(_ arguments: Arguments) throws(Diagnostic) {
        let name = try arguments.plottedTable()
        let (x, y) = (try arguments.text("x"), try arguments.text("y"))
        let by = try arguments.given("by", arguments.text)
        let format: (CurvePlot.Format, path: String)? = try arguments.target()
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
            frontEnd.notice(
                "\(counted(series.leftOut, "row")) without a finite `\(y)` or without `\(x)` left out of the plot"
            )
        }
        try draw(
            Drawing(
                text: { (columns, rows) throws(Diagnostic) in try plot.text(columns: columns, rows: rows) },
                image: { (width) throws(Diagnostic) in try plot.image(width: width) }),
            into: format?.path
        ) { () throws(Diagnostic) in try plot.file(format?.0 ?? .png) }
    }

    private func plotCurves(_ arguments: Arguments) throws(Diagnostic) {
        guard !arguments.rest.isEmpty else {
            throw .missingArgument("run", of: "plot", at: arguments.span, declared: nil)
        }
        let format: (CurvePlot.Format, path: String)? = try arguments.target()
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
                image: { (width) throws(Diagnostic) in try plot.image(width: width) }),
            into: format?.path
        ) { () throws(Diagnostic) in try plot.file(format?.0 ?? .png) }
    }

    /// - Parameter written: how the call says it: a name tells models of equal networks apart.
    private func curves(
        of value: Value, written: String, at span: Span
    ) throws(Diagnostic) -> [CurvePlot.Curve] {
        if let model = value.as(Model.self) {
            let points = try model.report?.history ?? []
            let isName = written.allSatisfy { $0.isLetter || $0.isNumber || "_[]".contains($0) }
            let name = (isName ? "\(written): " : "") + model.network.description
            return [CurvePlot.Curve(name: name, points: points)]
        }
        guard case .text(let name) = value else {
            throw .wrongKind(
                "what `plot` draws", wanted: "a model, a list of models or an experiment's name", got: value,
                at: span)
        }
        do throws(Diagnostic) { return try curves(ofExperiment: name) } catch {
            throw error.located(at: span)
        }
    }

    private func curves(ofExperiment name: String) throws(Diagnostic) -> [CurvePlot.Curve] {
        let (table, _) = try table(name)
        let store = RunStore(in: configuration.resultsFolder)
        var curves: [CurvePlot.Curve] = []
        for row in table.rows {
            let axes = store.recipe(of: row.fingerprint)?.axes.map { "\($0.key) = \($0.value)" } ?? []
            // Of all the row's trainings, one after the other.
            var points: [LossPoint] = []
            for run in store.runs(ofRow: row.fingerprint)
            where FileManager.default.fileExists(atPath: store.path(of: run, .curve)) {
                points += try store.curve(of: run)
            }
            curves.append(.init(name: axes.isEmpty ? name : axes.joined(separator: ", "), points: points))
        }
        return curves
    }
}

extension Arguments {
    /// Whether `plot` draws columns of a table, and not curves.
    fileprivate func plotsColumns() throws(Diagnostic) -> Bool {
        if optional("x") != nil || optional("y") != nil { return true }
        try refuse(["by"], because: "for columns, which `x` and `y` name")
        guard !rest.isEmpty else { throw .missingArgument("run", of: "plot", at: span, declared: nil) }
        return false
    }

    /// The one table whose columns are drawn.
    fileprivate func plottedTable() throws(Diagnostic) -> String {
        guard rest.count == 1, case .text(let name) = rest[0].value else { throw .oneTable(at: span) }
        for needed in ["x", "y"] where optional(needed) == nil {
            throw .missingArgument(needed, of: "plot", at: span, declared: nil)
        }
        return name
    }
}

extension Diagnostic {
    fileprivate static func nothingToPlot(at span: Span) -> Diagnostic {
        Diagnostic("nothing-to-plot", "there is no loss curve to draw", at: span)
    }

    fileprivate static func oneTable(at span: Span) -> Diagnostic {
        Diagnostic(
            "wrong-kind", "`x` and `y` are columns of one experiment, whose name comes first", at: span,
            hint: "such as plot(\"blocks\", x = \"parameters\", y = \"psnr\")")
    }

    fileprivate static func noValues(of column: String, at span: Span) -> Diagnostic {
        Diagnostic("nothing-to-plot", "no row of the table has a finite `\(column)`", at: span)
    }
}
