import Diagnostics
import Syntax

extension Diagnostic {
    /// The same mistake told where its reader can mend it: one that shows inside the prelude, while a network
    /// of the prelude is made, comes from an argument given to it.
    /// - Returns: `nil` where the mistake is not inside the prelude.
    func told(of callable: Callable, madeAt call: Span) -> Diagnostic? {
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

    /// The same mistake, of a call that lower layers found wrong, at the argument that it speaks of, or at
    /// the call.
    func located(in arguments: Arguments) -> Diagnostic {
        let blamed = arguments.given.first { argument in
            if message.contains("`\(argument.name)`") || code.hasPrefix(argument.name + "-") { return true }
            guard case .text(let text) = argument.value else { return false }
            // A letter or two are in every message.
            return message.contains("`\(text)`") || (text.count > 2 && message.contains(text))
        }
        return located(at: blamed?.span ?? arguments.span)
    }
}
