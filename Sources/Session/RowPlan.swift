import Diagnostics
import Experiments
import Files
import Syntax

/// What one row of an experiment depends on, gathered by running the experiment's body without training anything.
///
/// From it comes the row's fingerprint, before any work is done: whether the row stands in the table already.
final class RowPlan {
    /// Whose row it is.
    let experiment: String
    private var lines: [Recipe.Line] = []
    private var counts: [String: Int] = [:]
    private var functions: Set<String> = []

    init(of experiment: String) { self.experiment = experiment }

    /// Notes one piece of work: `kind` is numbered (`train1`, `train2` …) and its facts are listed below it.
    func add(_ kind: String, _ facts: [(key: String, value: String)]) {
        counts[kind, default: 0] += 1
        let name = "\(kind)\(counts[kind]!)"
        lines += facts.map { Recipe.Line("\(name).\($0.key)", $0.value) }
    }

    /// Notes what the body says: a number computed from a result counts by how it is computed, wherever that is.
    func depends(on body: Body) {
        add("body", [("text", shortDigest(body.map { layoutFree($0.span) }.joined(separator: "\n")))])
    }

    /// Notes a function that the body calls.
    func depends(on function: Definition) {
        guard functions.insert(function.name.value).inserted else { return }
        add("function", [(function.name.value, shortDigest(layoutFree(function.span)))])
    }

    func recipe(axes: [Recipe.Line]) -> Recipe { Recipe(axes: axes, inputs: lines) }

    /// The text of a span without comments and with single spaces, so that its layout does not count.
    private func layoutFree(_ span: Span) -> String {
        let tokens = try? Lexer.tokens(of: Source(name: "", text: span.text))
        return tokens.map { $0.map(\.span.text).filter { !$0.isEmpty }.joined(separator: " ") } ?? span.text
    }
}
