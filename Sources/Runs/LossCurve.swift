import Diagnostics
import Files
import Tables

/// One point of a run's loss curve.
public struct LossPoint: Sendable, Equatable {
    /// Optimiser steps done, from 1.
    public let step: Int
    public let loss: Double
    /// Of the finest output on the training batch, in dB.
    public let psnr: Double
    public let learningRate: Double
    /// Mean PSNR of the last hundred batches or so up to this step, in dB, and its standard error; `nil`
    /// where unknown.
    public let psnrMean: Double?
    public let psnrError: Double?

    public init(
        step: Int, loss: Double, psnr: Double, learningRate: Double, psnrMean: Double? = nil,
        psnrError: Double? = nil
    ) {
        (self.psnrMean, self.psnrError) = (psnrMean, psnrError)
        self.step = step
        self.loss = loss
        self.psnr = psnr
        self.learningRate = learningRate
    }
}

/// A training's loss curve as a CSV file.
public struct LossCurve: Sendable, Equatable {
    public let points: [LossPoint]

    public init(_ points: [LossPoint]) { self.points = points }

    public var text: String {
        let columns = ["step", "loss", "psnr_db", "learning_rate", "psnr_mean_db", "psnr_error_db"]
        var text = CommaSeparated.line(columns.map { .text($0) })
        for point in points {
            text += CommaSeparated.line(
                [Double(point.step), point.loss, point.psnr, point.learningRate].map { .number($0) }
                    + [point.psnrMean, point.psnrError].map { $0.map { .number($0) } ?? .missing })
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
            guard record.cells.count == 6, numbers.count == 4, let step = Int(exactly: numbers[0]),
                record.cells[4...].allSatisfy({ $0.isMissing || $0.number != nil })
            else {
                throw .corruptTable("this is not a step of a loss curve", at: Span(source, record.range))
            }
            points.append(
                LossPoint(
                    step: step, loss: numbers[1], psnr: numbers[2], learningRate: numbers[3],
                    psnrMean: record.cells[4].number, psnrError: record.cells[5].number))
        }
        self.points = points
    }
}
