import Diagnostics
import Session

extension SessionOptions {
    /// - Throws: a ``UsageMistake`` for a name of `--set` that none of the sources binds.
    func checkOverrides(_ sources: [Source]) throws {
        guard !overrides.isEmpty else { return }
        var names: [String] = []
        for source in sources { names += try Session.topLevelNames(of: source).map(\.name) }
        for (name, _) in bindings where !names.contains(name) {
            throw UsageDiagnostic(.nothingToSet(name, among: names))
        }
    }

    /// Makes the session bind what `--set` says instead of what the sources say, as far as they bind it.
    /// - Throws: a ``UsageMistake`` for a value that cannot be read.
    func override(in session: Session, _ sources: [Source]) throws {
        guard !overrides.isEmpty else { return }
        var names: [(name: String, isText: Bool)] = []
        for source in sources { names += try Session.topLevelNames(of: source) }
        for (name, value) in bindings where names.contains(where: { $0.name == name }) {
            let text = String(decoding: value.bytes, as: UTF8.self)
            // Quotes within quotes are a nuisance in a shell.
            if !text.contains("\""), names.allSatisfy({ $0.name != name || $0.isText }) {
                session.override(name, withText: text)
                continue
            }
            do {
                try session.override(name, with: value)
            } catch {
                throw UsageDiagnostic(error)
            }
        }
    }
}

/// What is wrong with the command line rather than with the script.
struct UsageDiagnostic: Error {
    let diagnostic: Diagnostic

    init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
}

extension Diagnostic {
    fileprivate static func nothingToSet(_ name: String, among names: [String]) -> Diagnostic {
        Diagnostic(
            "nothing-to-set", "--set \(name): no name `\(name)` is bound at the top level",
            notes: names.isEmpty ? [] : ["bound are " + Array(Set(names)).sorted().joined(separator: ", ")],
            hint: nearest(to: name, among: names).map { "did you mean `\($0)`?" })
    }
}
