import Foundation
import ReadlineShim
import Session

/// GNU readline with the session behind it: entries of several lines, completion, the user's editor.
final class LineEditor {
    private let session: Session
    private let history = History()

    /// One editor a process: readline's state is the process's.
    init(_ session: Session) {
        self.session = session
        var callbacks = acuity_line_callbacks()
        // The editor lives as long as the process.
        callbacks.context = Unmanaged.passRetained(self).toOpaque()
        callbacks.was_interrupted = { _ in Interruption.take() || Interruption.isEnding ? 1 : 0 }
        callbacks.enter = { _, text, cursor in
            guard let text, let cursor else { return nil }
            let (entry, place) = Entry.entered(String(cString: text), at: Int(cursor.pointee))
            cursor.pointee = Int32(place ?? -1)
            return strdup(entry)
        }
        callbacks.complete = { context, text, start, cursor in
            guard let context, let text else { return nil }
            let editor = Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
            return editor.suggestions(String(cString: text), start: Int(start), cursor: Int(cursor)).flatMap {
                strdup($0)
            }
        }
        callbacks.edit = { _, text in
            guard let text, let edited = Editor.open(String(cString: text)) else { return nil }
            return strdup(edited.trimmingCharacters(in: .newlines))
        }
        acuity_readline_start(callbacks)
        for entry in history.read() { acuity_history_add(entry) }
    }

    /// The next entry; empty if it was given up, `nil` at the end of the input.
    func read(number: Int) -> String? {
        let prompt = "\(number)> "
        let continuation = String(repeating: " ", count: prompt.count - 2) + "… "
        guard let line = acuity_readline(prompt, continuation) else { return nil }
        defer { free(line) }
        // What was pressed while the line was typed has had its effect.
        _ = Interruption.take()
        return acuity_line_was_dropped() != 0 ? "" : String(cString: line)
    }

    func remember(_ entry: String) {
        acuity_history_add(entry)
        history.append(entry)
    }

    private func suggestions(_ text: String, start: Int, cursor: Int) -> String? {
        let bytes = Array(text.utf8)
        let before = String(decoding: bytes[..<min(cursor, bytes.count)], as: UTF8.self)
        let found = session.suggestions(for: before, wordStart: start)
        guard !found.isEmpty else { return nil }
        return found.map { suggestion in
            // A file's name may hold anything; a line is what the shim can take.
            [suggestion.insertion, suggestion.listing].map { $0.filter { $0 != "\n" && $0 != "\t" } }
                .joined(separator: "\t") + "\n"
        }.joined()
    }
}
