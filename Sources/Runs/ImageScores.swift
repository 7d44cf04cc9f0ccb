import Diagnostics
import Files
import OrderedCollections
import Tables

/// The scores of each image in the rows of a table, for columns that are such scores' mean.
///
/// A row says of its columns only what value they hold. A column whose value equals the mean of one of the
/// row's scorings, to the last bit, is taken as that scoring's.
public struct ImageScores: Sendable {
    /// The images and their scores, by row and by mean.
    private let scores: [String: [Double: OrderedDictionary<String, Double>]]
    /// Columns that are taken as if no scores were known.
    private var excluded: Set<String> = []

    /// No scores are known.
    public init() { scores = [:] }

    /// - Parameter store: where the rows' scorings are kept; one that is gone or damaged is left out, see
    ///   ``gaps(in:)``.
    public init(of table: ResultTable, in store: RunStore) {
        var scores: [String: [Double: OrderedDictionary<String, Double>]] = [:]
        for row in table.rows {
            for run in store.runs(ofRow: row.fingerprint) {
                guard let values = try? store.values(of: run), let images = try? store.images(of: run) else {
                    continue
                }
                for (name, column) in Self.columns {
                    guard let value = values[name]?.number, value.isFinite else { continue }
                    scores[row.fingerprint, default: [:]][value] = images.compactMapValues(column)
                }
            }
        }
        self.scores = scores
    }

    private typealias Column = @Sendable (OrderedDictionary<String, Double>) -> Double?

    /// What a scoring gives, by its name, from what it says of one image.
    private static let columns: KeyValuePairs<String, Column> = [
        "psnr": { $0["psnr_db"] }, "ssim": { $0["ssim"] }, "psnr_blurred": { $0["psnr_blurred_db"] },
        "ssim_blurred": { $0["ssim_blurred"] }, "psnr_gain": { less($0["psnr_db"], $0["psnr_blurred_db"]) },
        "ssim_gain": { less($0["ssim"], $0["ssim_blurred"]) },
    ]

    private static func less(_ left: Double?, _ right: Double?) -> Double? {
        guard let left, let right else { return nil }
        return left - right
    }

    /// Columns whose image scores are known of some rows and not of others, with the first row that lacks
    /// them.
    public func gaps(in table: ResultTable) -> [(column: String, row: String)] {
        table.columns.compactMap { column in
            let measured = table.rows.filter { $0[column].number?.isFinite ?? false }
            let lacking = measured.filter { images($0, column) == nil }
            guard let first = lacking.first, lacking.count < measured.count else { return nil }
            return (column, first.fingerprint)
        }
    }

    /// The same without those of some columns.
    public func excluding(_ columns: [String]) -> ImageScores {
        var copy = self
        copy.excluded.formUnion(columns)
        return copy
    }

    /// The scores by image, where the row's value is a mean over images.
    package func images(_ row: ResultRow, _ column: String) -> OrderedDictionary<String, Double>? {
        excluded.contains(column) ? nil : row[column].number.flatMap { scores[row.fingerprint]?[$0] }
    }

    /// The first row's scores less the second one's, for each pair, on the images that all of them have;
    /// `nil` where these are not known, or fewer than two.
    package func differences(_ column: String, _ pairs: [(ResultRow, ResultRow)]) -> [[Double]]? {
        var both: [(OrderedDictionary<String, Double>, OrderedDictionary<String, Double>)] = []
        for (row, other) in pairs {
            guard let these = images(row, column), let those = images(other, column) else { return nil }
            both.append((these, those))
        }
        guard let first = both.first else { return nil }
        let names = first.0.keys.filter { name in
            both.allSatisfy { ($0.0[name]?.isFinite ?? false) && ($0.1[name]?.isFinite ?? false) }
        }
        guard names.count > 1 else { return nil }
        return both.map { these, those in names.map { (these[$0] ?? 0) - (those[$0] ?? 0) } }
    }
}

extension RunStore {
    /// The scores of a scoring's images, by their names. An image that was not scored is not there.
    /// - Throws: `cannot-read`, `corrupt-table`, also where they are no longer those that were written.
    func images(of run: String) throws(Diagnostic) -> OrderedDictionary<
        String, OrderedDictionary<String, Double>
    > {
        let file = path(of: run, .images)
        let source = Source(name: file, text: try verifiedText(of: run, .images))
        let records = try CommaSeparated.parse(source)
        var images: OrderedDictionary<String, OrderedDictionary<String, Double>> = [:]
        guard let head = records.first else { return images }
        for record in records.dropFirst() {
            guard record.cells.count == head.cells.count else {
                throw .corruptTable(
                    "this row has \(record.cells.count) fields where the first line has \(head.cells.count)",
                    at: Span(source, record.range))
            }
            var scores: OrderedDictionary<String, Double> = [:]
            for (name, cell) in zip(head.cells, record.cells).dropFirst() {
                scores[name.description] = cell.number
            }
            if !scores.isEmpty { images[record.cells[0].description] = scores }
        }
        return images
    }
}
