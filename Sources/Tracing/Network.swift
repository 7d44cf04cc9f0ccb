import Diagnostics
import Graph
import Language
import Syntax

/// A network with its settings: traced when it is made, so that its mistakes are told there; or one out of a
/// model's file, whose graph is all there is of it.
package final class Network: ForeignValue {
    package static let kind = "a network"

    package var isSetting: Bool { true }

    package enum Origin {
        case written(Callable, Definition, sharing: SharingMode?)
        /// - Parameter source: what the file says that it was written as.
        case file(description: String, source: String, Graph)
    }

    package let origin: Origin
    /// Where it was made.
    package let span: Span
    private var graphs: [Int: Graph] = [:]
    /// What names at the top level stood for when it was first traced: later traces see the same.
    package private(set) var captured: [String: Value] = [:]
    /// Where the definitions stand that it was made of, by name.
    package private(set) var definitions: [String: Span] = [:]

    package init(_ origin: Origin, span: Span) {
        self.origin = origin
        self.span = span
    }

    package var description: String {
        switch origin {
        case .written(let callable, _, _): callable.description
        case .file(let description, _, _): description
        }
    }

    /// The size of its settings.
    package var size: ValueSize {
        switch origin {
        case .written(let callable, _, _): callable.size
        case .file: ValueSize()
        }
    }

    package var callable: Callable? {
        switch origin {
        case .written(let callable, _, _): callable
        case .file: nil
        }
    }

    package var definitionSpan: Span? {
        switch origin {
        case .written(_, let definition, _): definition.span
        case .file: nil
        }
    }

    /// Its definition; of a network out of a file all that the file says.
    package var source: String? {
        switch origin {
        case .written(_, let definition, _): definition.span.textWithComment
        case .file(_, let source, _): source
        }
    }

    package func equals(_ other: Value) -> Bool? {
        other.as(Network.self).map { $0.description == description }
    }

    /// The graph for images of `channels` channels, traced on first use.
    /// - Throws: what tracing finds wrong; `loaded-channels` where a file's network is for others.
    package func graph(channels: Int, in tracing: Tracing) throws(Diagnostic) -> Graph {
        if let graph = graphs[channels] { return graph }
        let graph: Graph
        switch origin {
        case .written(let callable, let definition, let sharing):
            let tracer = Tracer(sharing: sharing, captured: captured, tracing)
            graph = try tracing.trace(callable, definition, with: tracer, channels: channels, at: span)
            captured.merge(tracer.watch.used) { old, _ in old }
            definitions.merge(tracer.watch.definitions) { old, _ in old }
        case .file(_, _, let stored):
            guard stored.inputChannels == channels else {
                throw .loadedChannels(stored.inputChannels, not: channels)
            }
            graph = stored
        }
        graphs[channels] = graph
        return graph
    }
}

extension Diagnostic {
    package static func loadedChannels(_ has: Int, not wanted: Int) -> Diagnostic {
        func said(_ channels: Int) -> String { channels == 1 ? "1 channel" : "\(channels) channels" }
        return Diagnostic(
            "loaded-channels",
            "this network was loaded for \(said(has)) and is not known for \(said(wanted))",
            hint: "run the text that `source` shows of it, to have it for any number")
    }
}
