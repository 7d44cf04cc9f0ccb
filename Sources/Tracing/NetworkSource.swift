import Diagnostics
import Language
import Syntax

/// A network as a text that makes it again in an empty session: every block, function and sharing mode that
/// it may use, those of the prelude too (they may change with the program), then the network with its
/// settings.
///
/// Gathered from the names that stand in the definitions: a name too many does no harm. For people to read
/// and run; what a file is loaded by is the traced graph.
package struct NetworkSource {
    private let globals: Frame
    private var seen: Set<String> = []
    private var definitions: [String] = []
    private var bindings: [String] = []

    /// - Parameter globals: where names are looked up that a definition does not bind itself.
    package init(globals: Frame) { self.globals = globals }

    package mutating func text(of network: Network) -> String {
        switch network.origin {
        case .file(_, let source, _): return source
        case .written(let callable, let definition, let sharing):
            if let sharing { add(sharing) }
            add(callable)
            let parts = definitions + bindings + ["\(Self.name(besides: definition)) = \(callable.call)"]
            return parts.joined(separator: "\n\n") + "\n"
        }
    }

    /// What to call the network: a definition of that name would be hidden.
    private static func name(besides definition: Definition) -> String {
        definition.name.value == "net" ? "network_net" : "net"
    }

    private mutating func add(_ value: Value, named name: String) {
        switch value {
        case .callable(let callable): add(callable)
        case .foreign(let foreign): if let mode = foreign as? SharingMode { add(mode) }
        case .list(let list):
            for element in list.elements { add(element, named: name) }
            bindings.append("\(name) = \(value.literal)")
        case .nothing, .number, .text, .boolean, .range: bindings.append("\(name) = \(value.literal)")
        case .record, .pending: break
        }
    }

    private mutating func add(_ mode: SharingMode) {
        guard seen.insert(mode.name).inserted else { return }
        definitions.append(mode.definition.span.textWithComment)
    }

    private mutating func add(_ callable: Callable) {
        for argument in callable.bound { add(argument) }
        guard case .definition(let definition, let closure) = callable.code,
            seen.insert(definition.name.value).inserted
        else { return }
        let parameters = Set(definition.parameters.map(\.name.value))
        for name in Self.names(in: definition.span.text) where !parameters.contains(name) {
            guard let value = closure?.lookUp(name) ?? globals.lookUp(name), !seen.contains(name) else {
                continue
            }
            // A definition notes itself.
            if value.definitionSpan == nil || value.as(Network.self) != nil { seen.insert(name) }
            add(value, named: name)
        }
        definitions.append(definition.span.textWithComment)
    }

    /// What is bound stands in the call; only what it is made of has to be there.
    private mutating func add(_ argument: Callable.BoundArgument) {
        switch argument.value {
        case .callable(let callable): add(callable)
        case .foreign(let foreign): if let mode = foreign as? SharingMode { add(mode) }
        case .list(let list):
            for case .callable(let callable) in list.elements { add(callable) }
        case .nothing, .number, .text, .boolean, .range, .record, .pending: break
        }
    }

    /// The words of a text that may be names, in order, those inside of texts too.
    package static func names(in text: String) -> [String] {
        names((try? Lexer.tokens(of: Source(name: "", text: text))) ?? [])
    }

    private static func names(_ tokens: [Token]) -> [String] {
        tokens.flatMap { token -> [String] in
            switch token.kind {
            case .name(let name): return [name]
            case .text(let pieces):
                return pieces.flatMap { piece -> [String] in
                    switch piece {
                    case .literal: []
                    case .tokens(let tokens): names(tokens)
                    }
                }
            case .number, .mark, .newline, .end: return []
            }
        }
    }
}

extension Callable {
    /// As a call, with brackets also where nothing is bound: a network's definition alone is no network.
    fileprivate var call: String { bound.isEmpty ? "\(name)()" : description }
}
