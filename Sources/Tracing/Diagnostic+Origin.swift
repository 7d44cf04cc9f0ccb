import Diagnostics
import Language
import Syntax

extension Diagnostic {
    /// The same mistake told where its reader can mend it: one that shows inside the prelude, while a network
    /// of the prelude is made, comes from an argument given to it.
    /// - Returns: `nil` where the mistake is not inside the prelude.
    package func told(of callable: Callable, madeAt call: Span) -> Diagnostic? {
        guard let place = primary?.span, place.source.name.hasPrefix(Prelude.folder),
            !call.source.name.hasPrefix(Prelude.folder)
        else { return nil }
        let tokens = (try? Lexer.tokens(of: Source(name: "", text: place.text))) ?? []
        let words = tokens.map(\.span.text)
        let isSharing = ["weight-clash", "role-without-rule", "index-not-in-scope"].contains(code)
        let blamed =
            callable.bound.first { isSharing && $0.name == "sharing" }
            ?? callable.bound.first { words.contains($0.name) }
        var copy = self
        copy.primary = Label(blamed?.span ?? call, blamed.map { "given as `\($0.name)`" } ?? "")
        let shown = primary.map(\.text) ?? ""
        copy.related = [Label(place, shown.isEmpty ? "where it shows" : shown)] + related
        return copy
    }
}
