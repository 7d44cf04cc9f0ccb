import Diagnostics
import Evaluation
import Experiments
import Files
import Foundation
import OrderedCollections
import Runs
import Statistics
import Tables

extension Builtin {
    /// What a comparison of groups treats as random samples.
    enum Test: String, CaseIterable {
        case images, seeds, none

        var unit: Summary.Unit {
            switch self {
            case .images: .seedsAndImages
            case .seeds: .seeds
            case .none: .none
            }
        }
    }

    static let testParameter = Parameter.standard(
        "test", "\"images\", \"seeds\" or \"none\"", .text(Test.images.rawValue)
    ).about("what are random effects: seeds and images, seeds alone, or no test is made")

    static let experiments: [Builtin] = [
        Builtin(
            "rows", .experiments, [.required("name", "a text")],
            "The rows of an experiment's table, as a list of records.",
            examples: ["all = rows(\"blocks\")\ncount(all)  # 4\nall[1].seed  # 1"]
        ) { session, arguments throws(Diagnostic) in
            if !session.readsTables { return try session.planReading(arguments) }
            let (table, _) = try session.table(arguments.text("name"))
            let rows = table.rows.map { row -> Value in
                var fields: OrderedDictionary<String, Value> = [:]
                for column in table.columns { fields[column] = Value(row[column]) }
                return .record(fields)
            }
            return .list(List(rows))
        },
        Builtin(
            "column", .experiments, [.required("name", "a text"), .required("column", "a text")],
            "One column of an experiment's table, as a list.",
            examples: [
                "psnr = column(\"blocks\", \"psnr\")\nmaximum(psnr) >= mean(psnr)  # true"
            ]
        ) { session, arguments throws(Diagnostic) in
            if !session.readsTables { return try session.planReading(arguments) }
            let (table, _) = try session.table(arguments.text("name"))
            let column = try arguments.text("column")
            guard table.columns.contains(column) else {
                throw .unknownField(column, known: table.columns, at: arguments.span(of: "column"))
            }
            return .list(List(table.rows.map { Value($0[column]) }))
        },
        Builtin(
            "summarize", .experiments,
            [
                .required("name", "a text"), .required("by", "a text or a list of texts"),
                .derived("against", "a value, or a list of one for each column of `by`", "the first group"),
                .derived("values", "a text or a list of texts", "all").about("the measured columns"),
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
            ]
        ) { session, arguments throws(Diagnostic) in
            if !session.readsTables { return try session.planReading(arguments) }
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
            let (table, axes) = try session.table(arguments.text("name"))
            let summary = try Summary(
                table, by: columns, axes: axes, against: against, unit: unit,
                scores: session.scores(of: table, unit, values))
            return .table(try summary.table(of: values))
        },
        Builtin(
            "contrasts", .experiments,
            [
                .required("name", "a text"), .required("of", "a text").about("the column that is compared"),
                .required("by", "a text").about("the column whose values form the groups"),
                .derived("pairs", "a list of pairs of groups", "every two"),
                .standard("test", "\"images\" or \"seeds\"", .text(Test.images.rawValue)).about(
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
            ]
        ) { session, arguments throws(Diagnostic) in
            if !session.readsTables { return try session.planReading(arguments) }
            return try session.contrasts(arguments)
        },
        Builtin(
            "results_folder", .experiments, [],
            "The folder that tables are written to: `results`, or what `--results` says.",
            examples: [
                "results_folder()  # results"
            ]
        ) { session, _ throws(Diagnostic) in .text(session.configuration.resultsFolder) },
    ]
}

/// The same for ``Contrasts``, which are nothing without a test.
private enum ContrastTest: String, CaseIterable {
    case images, seeds

    var unit: Summary.Unit {
        switch self {
        case .images: .seedsAndImages
        case .seeds: .seeds
        }
    }
}

extension Session {
    /// Whether what stands in tables is known: in an audit it decides what further rows depend on.
    var readsTables: Bool { !isRehearsal || configuration.audit != nil && plan == nil }

    /// An experiment's table as it stands on the disk, and the axes of its rows by their fingerprints. What
    /// is amiss with it is said.
    func table(
        _ name: String
    ) throws(Diagnostic) -> (ResultTable, axes: [String: [Recipe.Line]]) {
        try ExperimentStore.check(name: name)
        let path = ExperimentStore.tablePath(name, in: configuration.resultsFolder)
        guard FileManager.default.fileExists(atPath: path) else {
            throw .noTable(path, of: name, among: tableNames)
        }
        let table = try ResultTable(readFrom: path)
        let store = RunStore(in: configuration.resultsFolder)
        if !isRehearsal { noticeState(of: table, name, at: path, in: store) }
        var places: [String: [Recipe.Line]] = [:]
        for row in table.rows { places[row.fingerprint] = store.recipe(of: row.fingerprint)?.axes }
        return (table, places)
    }

    fileprivate func contrasts(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let (column, group) = (try arguments.text("of"), try arguments.text("by"))
        let test = try arguments.choice("test", ContrastTest.self)
        let (table, axes) = try table(arguments.text("name"))
        var pairs: [(Cell, Cell)]?
        if let value = arguments.optional("pairs") {
            pairs = try arguments.elements("pairs").map { (pair) throws(Diagnostic) in
                guard let pair = pair.elements, pair.count == 2 else {
                    throw arguments.wrong("pairs", value, hint: "such as [[\"nested\", \"residual\"]]")
                }
                return (pair[0].asCell, pair[1].asCell)
            }
        }
        let contrasts = try Contrasts(
            table, of: column, by: group, axes: axes, pairs: pairs, unit: test.unit,
            scores: scores(of: table, test.unit, [column]))
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
    func scores(of table: ResultTable, _ unit: Summary.Unit, _ columns: [String]? = nil) -> ImageScores {
        guard unit == .seedsAndImages else { return ImageScores() }
        let scores = ImageScores(of: table, in: RunStore(in: configuration.resultsFolder))
        let gaps = scores.gaps(in: table).filter { columns?.contains($0.column) ?? true }
        for (column, row) in gaps {
            front.notice(
                "`\(column)` is compared by seeds alone: the scores of each image of the row \(row) are not there"
            )
        }
        return scores.excluding(gaps.map(\.column))
    }

    /// Says what of a table was changed by hand, and whether it may be of two runs.
    private func noticeState(of table: ResultTable, _ name: String, at path: String, in store: RunStore) {
        let changes = ExperimentStore.changesByHand(name, in: store)
        for change in changes.prefix(3) { front.notice("\(path): \(change)") }
        if changes.count > 3 { front.notice("\(path): \(changes.count - 3) more changes by hand") }
        let others = ExperimentStore.rowsOfOthers(in: table, of: name, in: store)
        if others > 0 {
            front.notice(
                "\(path): the run that wrote it last has not ended, and \(others) of its "
                    + "\(counted(table.rows.count, "row")) may be of other settings")
        }
    }

    /// Experiments whose tables are there.
    var tableNames: [String] {
        (try? RunStore.tables(in: configuration.resultsFolder)) ?? []
    }

    /// A row that reads a table depends on what stands in it; when its rows were finished does not count.
    /// - Throws: `own-table` where the row would change what it depends on.
    func planReading(_ arguments: Arguments) throws(Diagnostic) -> Value {
        try planReading(table: arguments.text("name"), at: arguments.span(of: "name"))
    }

    func planReading(table name: String, at span: Span) throws(Diagnostic) -> Value {
        guard let plan else { return .pending }
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

    static func ownTable(_ name: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "own-table", "a row of \"\(name)\" cannot depend on the table that it is to stand in", at: span,
            hint: "read the table after the experiment, or in another one")
    }
}
