import Diagnostics
import Session

extension SessionOptions {
    /// Makes the session bind what `--set` says instead of what the sources say.
    /// - Throws: a ``UsageMistake`` for a name that none of the sources binds, or a value that cannot be
    ///   read.
    func override(in session: Session, _ sources: [Source]) throws {
        guard !overrides.isEmpty else { return }
        var names: [(name: String, isText: Bool)] = []
        for source in sources { names += try Session.topLevelNames(of: source) }
        for (name, value) in bindings {
            guard names.contains(where: { $0.name == name }) else {
                throw UsageMistake(.nothingToSet(name, among: names.map(\.name)))
            }
            let text = String(decoding: value.bytes, as: UTF8.self)
            // Quotes within quotes are a nuisance in a shell.
            if !text.contains("\""), names.allSatisfy({ $0.name != name || $0.isText }) {
                session.override(name, withText: text)
                continue
            }
            do {
                try session.override(name, with: value)
            } catch {
                throw UsageMistake(error)
            }
        }
    }
}

/// What is wrong with the command line rather than with the script.
struct UsageMistake: Error {
    let diagnostic: Diagnostic

    init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
}

extension Diagnostic {
    fileprivate static func nothingToSet(_ name: String, among names: [String]) -> Diagnostic {
        Diagnostic(
            "nothing-to-set", "--set \(name): no name `\(name)` is bound at the top level",
            notes: names.isEmpty ? [] : ["it binds " + Array(Set(names)).sorted().joined(separator: ", ")],
            hint: nearest(to: name, among: names).map { "did you mean `\($0)`?" })
    }
}
