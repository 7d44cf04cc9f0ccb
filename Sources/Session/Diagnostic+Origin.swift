import Diagnostics
import Syntax

extension Diagnostic {
    /// The same mistake told where its reader can mend it: one that shows inside the prelude, while a network of the
    /// prelude is made, comes from an argument given to it.
    /// - Returns: `nil` where the mistake is not inside the prelude.
    func told(of callable: Callable, madeAt call: Span) -> Diagnostic? {
        guard let place = primary?.span, place.source.name.hasPrefix(Prelude.folder),
            !call.source.name.hasPrefix(Prelude.folder)
        else { return nil }
        let tokens = (try? Lexer.tokens(of: Source(name: "", text: place.text))) ?? []
        let words = tokens.map(\.span.text)
        let blamed = callable.bound.first { words.contains($0.name) }
        var copy = self
        copy.primary = Label(blamed?.span ?? call, blamed.map { "given as `\($0.name)`" } ?? "")
        copy.related = [Label(place, "where it shows")] + related
        return copy
    }
}
