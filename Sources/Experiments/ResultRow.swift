import Foundation
import OrderedCollections

/// One finished run: what the experiment recorded, and where it came from.
public struct ResultRow: Sendable, Equatable {
    /// How to make the row again, and when it was made; the last columns of every table.
    public struct Provenance: Sendable, Equatable {
        /// Definitions of the metrics that the row was scored by: `psnr 8bit; ssim gaussian`. Empty where nothing was
        /// scored, and in rows of versions that knew one definition of each.
        public let metrics: String
        /// Of the row's ``Recipe``.
        public let fingerprint: String
        /// Threads that computed it: sums are added in another order on another number.
        public let threads: Int
        /// Of the program.
        public let version: String
        /// To the second, as the file keeps it.
        public let finishedAt: Date

        public init(
            metrics: String = "", fingerprint: String, threads: Int, version: String, finishedAt: Date = .now
        ) {
            precondition(Recipe.isFingerprint(fingerprint), "`\(fingerprint)` is no fingerprint")
            self.metrics = metrics
            self.fingerprint = fingerprint
            self.threads = threads
            self.version = version
            self.finishedAt = Date(timeIntervalSince1970: finishedAt.timeIntervalSince1970.rounded(.down))
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
