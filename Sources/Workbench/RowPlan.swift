import Diagnostics
import Language
import OrderedCollections
import Runs
import Syntax

/// What one row of an experiment depends on, gathered by running the experiment's body without training
/// anything.
///
/// From it come the row's fingerprint and the runs that it needs, before any work is done. How the body
/// computes its columns from them is no part of it: that costs nothing, and is done each time.
package final class RowPlan {
    /// Whose row it is.
    package let experiment: String
    private var lines: [Recipe.Line] = []
    private var counts: [String: Int] = [:]
    /// Hashes of the runs that it needs, in the order in which they are made.
    package private(set) var runs: [String] = []
    /// Trainings whose state is needed beside their weights.
    package private(set) var resumed: Set<String> = []
    /// What the body records, with ``Value/pending`` where only a run can tell.
    package let columns = RowColumns()

    package init(of experiment: String) { self.experiment = experiment }

    /// Notes one piece of work: `kind` is numbered (`train1`, `train2` …) and its facts are listed below it.
    package func add(_ kind: String, _ facts: [(key: String, value: String)]) {
        counts[kind, default: 0] += 1
        let name = "\(kind)\(counts[kind]!)"
        lines += facts.map { Recipe.Line("\(name).\($0.key)", $0.value) }
    }

    /// Notes work that is computed once and kept: its recipe's facts are listed for people, its hash counts.
    package func add(_ kind: String, run recipe: Recipe) {
        runs.append(recipe.fingerprint)
        add(kind, [("run", recipe.fingerprint)] + recipe.inputs.map { ($0.key, $0.value) })
    }

    /// Notes that a training is gone on with, which needs more of it than its weights.
    package func resumes(_ training: Recipe) { resumed.insert(training.fingerprint) }

    /// What the row is made of; two experiments keep their rows apart.
    package func recipe(axes: [Recipe.Line]) -> Recipe {
        Recipe(
            // The order of the `over` lines changes no row.
            axes: axes.sorted { $0.key < $1.key },
            inputs: [Recipe.Line(Work.key, Work.row.rawValue), Recipe.Line("experiment", experiment)] + lines)
    }
}

/// Work whose outcome is kept as a run.
package enum Work: String {
    case train, resume, evaluate, deblur, row
    case blurFrames = "blur_frames"
    case inferenceCost = "inference_cost"

    /// Key of the recipe line that names the kind of work.
    package static let key = "work"
}

/// What a row of an experiment has recorded so far.
package final class RowColumns {
    package private(set) var all: [(name: Name, value: Value)] = []

    /// - Throws: `repeated-name`.
    package func add(_ name: Name, _ value: Value) throws(Diagnostic) {
        if let first = all.first(where: { $0.name.value == name.value }) {
            throw .repeatedColumn(name, first: first.name.span)
        }
        all.append((name, value))
    }
}

extension Diagnostic {
    fileprivate static func repeatedColumn(_ name: Name, first: Span) -> Diagnostic {
        Diagnostic(
            "repeated-name", "the column `\(name.value)` is recorded twice in a row", at: name.span,
            related: [Label(first, "first recorded here")])
    }
}
