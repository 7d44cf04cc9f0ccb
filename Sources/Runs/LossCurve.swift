import Diagnostics
import Files
import LossCurves
import Tables

/// A training's loss curve as a CSV file, with a column for its validations where there are any.
public struct LossCurve: Sendable, Equatable {
    public let points: [LossPoint]

    public init(_ points: [LossPoint]) { self.points = points }

    public var text: String {
        let isValidated = points.contains { $0.validation != nil }
        let columns =
            ["step", "loss", "psnr_db", "learning_rate", "psnr_mean_db", "psnr_error_db"]
            + (isValidated ? ["validation_psnr_db"] : [])
        var text = CommaSeparated.line(columns.map { .text($0) })
        for point in points {
            text += CommaSeparated.line(
                [Double(point.step), point.loss, point.psnr, point.learningRate].map { .number($0) }
                    + ([point.recent?.psnr, point.recent?.psnrError]
                    + (isValidated ? [point.validation] : []))
                    .map { $0.map { .number($0) } ?? .missing }
            )
        }
        return text
    }

    /// - Throws: `cannot-read`, or `corrupt-table` at the line that is damaged.
    public init(readFrom path: String) throws(Diagnostic) {
        try self.init(parsing: Source(name: path, text: try readText(path, limit: ResultTable.sizeLimit)))
    }

    package init(parsing source: Source) throws(Diagnostic) {
        var points: [LossPoint] = []
        for record in try CommaSeparated.parse(source).dropFirst() {
            let numbers = record.cells.prefix(4).compactMap(\.number)
            guard (6...7).contains(record.cells.count), numbers.count == 4,
                let step = Int(exactly: numbers[0]),
                record.cells[4...].allSatisfy({ $0.isMissing || $0.number != nil })
            else {
                throw .corruptTable("this is not a step of a loss curve", at: Span(source, record.range))
            }
            points.append(
                LossPoint(
                    step: step, loss: numbers[1], psnr: numbers[2], learningRate: numbers[3],
                    recent: record.cells[4].number.map {
                        BatchMean(loss: nil, psnr: $0, psnrError: record.cells[5].number, batches: nil)
                    }, validation: record.cells.count == 7 ? record.cells[6].number : nil))
        }
        self.points = points
    }
}
