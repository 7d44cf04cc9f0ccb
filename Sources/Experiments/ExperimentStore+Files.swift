import Diagnostics
import Files
import Runs

/// Where the files of an experiment stand.
extension ExperimentStore {
    /// Where the table of an experiment is kept.
    public static func tablePath(_ name: String, in folder: String) -> String { "\(folder)/\(name).csv" }

    /// Whether a name can be a file's on every system that a results folder may be copied to.
    /// - Throws: `bad-experiment-name` with what is wrong about it.
    public static func check(name: String) throws(Diagnostic) {
        let fault: String? =
            if name.isEmpty {
                "it is empty"
            } else if name.hasPrefix(".") {
                "it begins with a dot, which hides the file"
            } else if name.utf8.count > 100 {
                "it is longer than 100 bytes"
            } else if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
                "it begins or ends with a space"
            } else if let bad = name.unicodeScalars.first(where: isRefused) {
                "it holds \(bad.properties.generalCategory == .control ? "a control character" : "`\(bad)`")"
            } else {
                nil
            }
        guard let fault else { return }
        throw Diagnostic(
            "bad-experiment-name", "an experiment's name is a file's name, and this cannot be one: \(fault)",
            hint: "letters, digits, spaces, `-`, `_` and dots within it are fine: \"block-ablation\"")
    }

    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "/", "\\", ":", "*", "?", "\"", "<", ">", "|": true
        default: scalar.properties.generalCategory == .control
        }
    }

    static func lockPath(_ name: String, in store: RunStore) -> String {
        "\(store.path)/.\(name).lock"
    }

    /// Holds the digest of a table that is about to be replaced.
    static func pendingPath(_ name: String, in store: RunStore) -> String {
        "\(store.path)/.\(name).pending"
    }

    /// Whether the table stands as it did before a process was killed that was about to replace it.
    static func isPending(_ name: String, in store: RunStore) -> Bool {
        guard let digest = try? readText(pendingPath(name, in: store), limit: 100),
            let text = try? readText(tablePath(name, in: store.results), limit: ResultTable.sizeLimit)
        else { return false }
        return shortDigest(text) == digest
    }

    static func copyPath(_ name: String, in store: RunStore) -> String {
        "\(store.path)/.\(name).csv"
    }

    static func unfinishedPath(_ name: String, in store: RunStore) -> String {
        "\(store.path)/.\(name).unfinished"
    }
}
