import Diagnostics
import Files
import Syntax

extension Session {
    /// Names bound by top-level statements of `source` and of the scripts that it runs, which `--set` can
    /// override there, and whether each is bound to a text that is written out.
    public static func topLevelNames(of source: Source) throws(Diagnostic) -> [(name: String, isText: Bool)] {
        var read: Set<String> = []
        return try topLevelNames(of: source, &read)
    }

    /// - Parameter read: scripts that were looked at already, each of which is looked at once.
    private static func topLevelNames(
        of source: Source, _ read: inout Set<String>
    ) throws(Diagnostic) -> [(name: String, isText: Bool)] {
        var names: [(name: String, isText: Bool)] = []
        for statement in try Parser.parse(source) {
            switch statement.kind {
            case .assignment(let name, let expression):
                let isText = if case .text = expression.value { true } else { false }
                names.append((name.value, isText))
            case .command(.runFile(let path)):
                // One that cannot be read is reported when it is run.
                guard case .text(let parts) = path.value, parts.count == 1,
                    case .literal(let file) = parts[0],
                    read.insert(file).inserted, let script = try? readText(file, limit: scriptLimit)
                else { continue }
                names += try topLevelNames(of: Source(name: file, text: script), &read)
            case .expression, .command, .definition, .sharing, .weights, .repetition, .loop, .result, .output,
                .experiment, .record, .source:
                continue
            }
        }
        return names
    }
}
