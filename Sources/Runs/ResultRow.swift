import OrderedCollections
import Tables

/// One finished run: what the experiment recorded, and where it came from.
public struct ResultRow: Sendable, Equatable {
    /// How to make the row again, and when it was made; the last columns of every table.
    public struct Provenance: Sendable, Equatable {
        /// Definitions of the metrics that the row was scored by: `psnr 8bit; ssim gaussian`. Empty where
        /// nothing was scored, and in rows of versions that knew one definition of each.
        public let metrics: String
        /// The fingerprint of the row's ``Recipe``.
        public let fingerprint: String
        /// Who computed it, and what it took.
        public let run: RunProvenance

        public init(metrics: String = "", fingerprint: String, run: RunProvenance) {
            precondition(Recipe.isFingerprint(fingerprint), "`\(fingerprint)` is no fingerprint")
            self.metrics = metrics
            self.fingerprint = fingerprint
            self.run = run
        }
    }

    /// Recorded values by column, in the order they were recorded. A missing value is one that is not here.
    public let cells: OrderedDictionary<String, Cell>
    public let provenance: Provenance

    public init(_ cells: OrderedDictionary<String, Cell>, _ provenance: Provenance) {
        self.cells = cells.filter { !$0.value.isMissing }
        self.provenance = provenance
    }

    public var fingerprint: String { provenance.fingerprint }

    public subscript(column: String) -> Cell { cells[column] ?? .missing }

    public static func == (left: ResultRow, right: ResultRow) -> Bool {
        // A column that another row added does not change this one, nor does the order of columns.
        left.provenance == right.provenance && left.cells.count == right.cells.count
            && left.cells.allSatisfy { right.cells[$0.key] == $0.value }
    }
}
