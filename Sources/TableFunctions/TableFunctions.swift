import Diagnostics
import Evaluation
import Experiments
import Files
import Foundation
import Graph
import Language
import OrderedCollections
import Runs
import Statistics
import Tables
import Tracing
import Workbench

/// Tables of experiments: read, summarised, compared.
package enum TableFunctions {
    /// What a comparison of groups treats as random samples.
    package enum Test: String, CaseIterable {
        case images, seeds, none

        package var unit: SamplingUnit {
            switch self {
            case .images: .seedsAndImages
            case .seeds: .seeds
            case .none: .none
            }
        }
    }

    package static let testParameter = Builtin.Parameter.standard(
        "test", .choice(Test.self), .text(Test.images.rawValue)
    ).about("what are random effects: seeds and images, seeds alone, or no test is made")

    /// All functions of this room, in the order of the reference.
    package static let everything: [Function<Workbench>] = all + PivotFunctions.all + ResultFunctions.all

    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "rows", .experiments, [.required("name", .experiment)],
                "The rows of an experiment's table, as a list of records.",
                examples: ["all = rows(\"blocks\")\ncount(all)  # 4\nall[1].seed  # 1"], .init(effect: .reads)
            ), plan: { workbench, arguments throws(Diagnostic) in try workbench.planReading(arguments) }
        ) { workbench, arguments throws(Diagnostic) in
            let (table, _) = try workbench.table(arguments)
            let rows = table.rows.map { row -> Value in
                var fields: OrderedDictionary<String, Value> = [:]
                for column in table.columns { fields[column] = Value(row[column]) }
                return .record(fields)
            }
            return .list(List(rows))
        },
        Function(
            Builtin(
                "column", .experiments, [.required("name", .experiment), .required("column", .column)],
                "One column of an experiment's table, as a list.",
                examples: [
                    "psnr = column(\"blocks\", \"psnr\")\nmaximum(psnr) >= mean(psnr)  # true"
                ], .init(effect: .reads)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.planReading(arguments) }
        ) { workbench, arguments throws(Diagnostic) in
            let (table, _) = try workbench.table(arguments)
            let column = try arguments.text("column")
            return .list(List(table.rows.map { Value($0[column]) }))
        },
        Function(
            Builtin(
                "summarize", .experiments,
                [
                    .required("name", .experiment), .required("by", .columns),
                    .derived(
                        "against", .anything("a value, or a list of one for each column of `by`"),
                        "the first group"),
                    .derived("values", .columns, "all").about("the measured columns"),
                    testParameter,
                ],
                """
                A table of an experiment's results, grouped by one column or several: number of rows, mean ± sample \
                standard deviation of every measured column, and against one group the mean difference Δ over rows that agree in \
                the other axes (where none agree, the difference of the means), its 95 % interval and the probability p of such a \
                difference by chance, with Holm's correction over the groups. Scores are compared image by image, with seeds \
                and images as random effects; rows of one seed, which differ in further axes, are averaged first.
                """,
                examples: [
                    "summarize(\"blocks\", by = \"transform\")",
                    "summarize(\"blocks\", by = \"transform\", test = \"seeds\")",
                ], .init(effect: .reads)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.planReading(arguments) }
        ) { workbench, arguments throws(Diagnostic) in
            let columns = try arguments.texts("by")
            let against = try arguments.optional("against").map { (value) throws(Diagnostic) -> [Cell] in
                let cells = (value.elements ?? [value]).map(\.asCell)
                guard cells.count == columns.count else {
                    throw arguments.wrong(
                        "against", value, hint: "`by` names \(counted(columns.count, "column"))")
                }
                return cells
            }
            let values = try arguments.given("values", arguments.texts)
            try arguments.requireDistinct(values, "values")
            let unit = try arguments.choice("test", Test.self).unit
            let (table, axes) = try workbench.table(arguments)
            let summary = try Summary(
                table, by: columns, against: against,
                ComparisonDesign(axes: axes, unit: unit, scores: workbench.scores(of: table, unit, values)))
            return .foreign(
                try arguments.blaming("values") { () throws(Diagnostic) in try summary.table(of: values) })
        },
        Function(
            Builtin(
                "contrasts", .experiments,
                [
                    .required("name", .experiment),
                    .required("of", .column).about("the column that is compared"),
                    .required("by", .column).about("the column whose values form the groups"),
                    .derived("pairs", .list("a list of pairs of groups"), "every two"),
                    .standard("test", .choice(ContrastTest.self), .text(Test.images.rawValue)).about(
                        "what are random effects: seeds and images, or seeds alone"),
                ],
                """
                Groups of an experiment's rows compared two by two, a record for each pair [a, b]: `a`, `b`, the `difference` \
                a − b with its 95 % interval `low` to `high`, the probability `p` with Holm's correction over the pairs, the \
                `effect` (Cohen's d_z, of single differences), the `detectable` difference (the smallest true one that such a comparison detects with a \
                power of 80 %, uncorrected), the standard deviations `seed_sd`, `image_sd` and `rest_sd` of the differences over \
                seeds, over images and of what remains, the numbers of pairs of `rows`, of `seeds` and of `images`, and the \
                `answer` in words. It names a winner only where p is below 0.05. Rows of one seed, which differ in further axes, \
                are averaged first.
                """,
                examples: [
                    "found = contrasts(\"blocks\", of = \"psnr\", by = \"transform\")\ncount(found)  # 1\nfound[1].rows  # 2"
                ], .init(effect: .reads)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.planReading(arguments) }
        ) { workbench, arguments throws(Diagnostic) in
            return try workbench.contrasts(arguments)
        },
        Function(
            Builtin(
                "results_folder", .experiments, [],
                "The folder that tables are written to: `results`, or what `--results` says.",
                examples: [
                    "results_folder()  # results"
                ])
        ) { workbench, _ throws(Diagnostic) in .text(workbench.configuration.resultsFolder) },
    ]
}

/// The same for ``Contrasts``, which are nothing without a test.
private enum ContrastTest: String, CaseIterable {
    case images, seeds

    var unit: SamplingUnit {
        switch self {
        case .images: .seedsAndImages
        case .seeds: .seeds
        }
    }
}

extension Workbench {
    /// The table that a call names, and the axes of its rows by their fingerprints.
    /// - Throws: `unknown-column` for an argument that names a column, and none of this table.
    func table(
        _ arguments: Arguments
    ) throws(Diagnostic) -> (ResultTable, axes: [String: [Recipe.Line]]) {
        let found = try arguments.blaming("name") { () throws(Diagnostic) in
            try table(arguments.text("name"))
        }
        for parameter in arguments.builtin.parameters where parameter.kind.isColumn {
            let columns = try arguments.given(parameter.name, arguments.texts) ?? []
            for column in columns where !found.0.columns.contains(column) {
                throw .unknownColumn(column, among: found.0.columns).of(argument: parameter.name)
            }
        }
        return found
    }

    /// An experiment's table as it stands on the disk, and the axes of its rows by their fingerprints. What
    /// is amiss with it is said.
    package func table(
        _ name: String
    ) throws(Diagnostic) -> (ResultTable, axes: [String: [Recipe.Line]]) {
        try ExperimentStore.check(name: name)
        let path = ExperimentStore.tablePath(name, in: configuration.resultsFolder)
        guard FileManager.default.fileExists(atPath: path) else {
            throw .noTable(path, of: name, among: tableNames)
        }
        let table = try ResultTable(readFrom: path)
        let store = RunStore(in: configuration.resultsFolder)
        if mode.computes { noticeState(of: table, name, at: path, in: store) }
        var places: [String: [Recipe.Line]] = [:]
        for row in table.rows { places[row.fingerprint] = store.recipe(of: row.fingerprint)?.axes }
        return (table, places)
    }

    fileprivate func contrasts(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let (column, group) = (try arguments.text("of"), try arguments.text("by"))
        let test = try arguments.choice("test", ContrastTest.self)
        let (table, axes) = try table(arguments)
        var pairs: [(Cell, Cell)]?
        if let value = arguments.optional("pairs") {
            pairs = try arguments.elements("pairs").map { (pair) throws(Diagnostic) in
                guard let pair = pair.elements, pair.count == 2 else {
                    throw arguments.wrong("pairs", value, hint: "such as [[\"nested\", \"residual\"]]")
                }
                return (pair[0].asCell, pair[1].asCell)
            }
        }
        let scores = scores(of: table, test.unit, [column])
        let contrasts = try arguments.blaming(pairs == nil ? "of" : "pairs") { () throws(Diagnostic) in
            try Contrasts(
                table, of: column, by: group, pairs: pairs,
                ComparisonDesign(axes: axes, unit: test.unit, scores: scores))
        }
        return .list(
            List(
                contrasts.all.map { contrast in
                    func number(_ value: Double?) -> Value { value.map { .number($0) } ?? .nothing }
                    let interval = contrast.contrast?.interval()
                    let deviations = contrast.contrast?.deviations
                    return .record([
                        "a": Value(contrast.first), "b": Value(contrast.second),
                        "difference": number(contrast.difference), "low": number(interval?.lowerBound),
                        "high": number(interval?.upperBound), "p": number(contrast.p),
                        "effect": number(contrast.contrast?.effect),
                        "detectable": number(contrast.contrast?.detectable),
                        "seed_sd": number(deviations?.ofSeeds), "image_sd": number(deviations?.ofImages),
                        "rest_sd": number(deviations?.ofRest),
                        "rows": .number(Double(contrast.rows)),
                        "seeds": .number(Double(contrast.contrast?.seeds ?? 0)),
                        "images": .number(Double(contrast.images)), "answer": .text(contrast.answer),
                    ])
                }))
    }

    /// The scores of each image in a table's rows, where these count; says which of them are missing.
    /// - Parameter columns: those that are compared; all where `nil`.
    package func scores(of table: ResultTable, _ unit: SamplingUnit, _ columns: [String]? = nil)
        -> ImageScores
    {
        guard unit == .seedsAndImages else { return ImageScores() }
        let scores = ImageScores(of: table, in: RunStore(in: configuration.resultsFolder))
        let gaps = scores.gaps(in: table).filter { columns?.contains($0.column) ?? true }
        for (column, row) in gaps {
            frontEnd.notice(
                "`\(column)` is compared by seeds alone: the scores of each image of the row \(row) are not there"
            )
        }
        return scores.excluding(gaps.map(\.column))
    }

    /// Says what of a table was changed by hand, and whether it may be of two runs.
    private func noticeState(of table: ResultTable, _ name: String, at path: String, in store: RunStore) {
        let changes = ExperimentStore.changesByHand(name, in: store)
        for change in changes.prefix(3) { frontEnd.notice("\(path): \(change)") }
        if changes.count > 3 { frontEnd.notice("\(path): \(changes.count - 3) more changes by hand") }
        let others = ExperimentStore.rowsOfOthers(in: table, of: name, in: store)
        if others > 0 {
            frontEnd.notice(
                "\(path): the run that wrote it last has not ended, and \(others) of its "
                    + "\(counted(table.rows.count, "row")) may be of other settings")
        }
    }

    /// A row that reads a table depends on what stands in it; when its rows were finished does not count.
    /// - Throws: `own-table` where the row would change what it depends on.
    package func planReading(_ arguments: Arguments) throws(Diagnostic) -> Value {
        try planReading(table: arguments.text("name"), at: arguments.span(of: "name"))
    }

    @discardableResult
    package func planReading(table name: String, at span: Span) throws(Diagnostic) -> Value {
        guard let plan = mode.plan else { return .pending }
        guard name != plan.experiment else { throw .ownTable(name, at: span) }
        let path = ExperimentStore.tablePath(name, in: configuration.resultsFolder)
        guard FileManager.default.fileExists(atPath: path) else {
            plan.add("table", [("name", name), ("rows", "none")])
            return .pending
        }
        let rows = try table(name).0.rows.map { row in
            "\(row.fingerprint) \(row.provenance.run.threads) "
                + row.cells.map { "\(quoted($0.key)) \(quoted($0.value.description))" }.joined(separator: " ")
        }
        plan.add("table", [("name", name), ("rows", shortDigest(rows.joined(separator: "\n")))])
        return .pending
    }
}

extension Diagnostic {
    fileprivate static func noTable(_ path: String, of name: String, among names: [String]) -> Diagnostic {
        Diagnostic(
            "no-table", "there is no table of an experiment \"\(name)\"; it would be \(path)",
            hint: nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
                ?? "an experiment writes its table when it is run")
    }

    package static func ownTable(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "own-table", "a row of \"\(name)\" cannot depend on the table that it is to stand in", at: span,
            hint: "read the table after the experiment, or in another one")
    }
}
