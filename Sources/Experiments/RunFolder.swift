import Diagnostics
import Files
import Foundation

/// One point of a run's loss curve.
public struct LossPoint: Sendable, Equatable {
    /// Optimiser steps done, from 1.
    public let step: Int
    public let loss: Double
    /// Of the finest output on the training batch, in dB.
    public let psnr: Double
    public let learningRate: Double

    public init(step: Int, loss: Double, psnr: Double, learningRate: Double) {
        self.step = step
        self.loss = loss
        self.psnr = psnr
        self.learningRate = learningRate
    }
}

/// What is kept of each run beside the table, in `NAME.runs/`, each file named by the run's fingerprint.
public struct RunFolder: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// Where a file of the run is kept: `suffix` is `recipe`, `loss.csv`, or what the caller adds.
    public func path(of fingerprint: String, _ suffix: String) -> String {
        "\(path)/\(fingerprint).\(suffix)"
    }

    /// - Throws: `cannot-write`.
    public func write(_ recipe: Recipe, curve: [LossPoint]) throws(Diagnostic) {
        let fingerprint = recipe.fingerprint
        try writeAtomically(recipe.text, to: path(of: fingerprint, "recipe"))
        var text = CommaSeparated.line(["step", "loss", "psnr_db", "learning_rate"].map { .text($0) })
        for point in curve {
            text += CommaSeparated.line(
                [Double(point.step), point.loss, point.psnr, point.learningRate].map { .number($0) })
        }
        try writeAtomically(text, to: path(of: fingerprint, "loss.csv"))
    }

    /// The recipe of a run; `nil` where its file is gone, damaged or of another run.
    public func recipe(of fingerprint: String) -> Recipe? {
        guard let text = try? readText(path(of: fingerprint, "recipe"), limit: 1 << 20),
            let recipe = Recipe(text: text), recipe.fingerprint == fingerprint
        else { return nil }
        return recipe
    }

    /// The names of the axes that made these rows, from the first recipe that is still there.
    public func axisNames(of rows: [ResultRow]) -> [String] {
        for row in rows {
            if let recipe = recipe(of: row.fingerprint) { return recipe.axes.map(\.key) }
        }
        return []
    }

    /// The loss curve of a run.
    /// - Throws: `cannot-read`, or `corrupt-table` at the line that is damaged.
    public func curve(of fingerprint: String) throws(Diagnostic) -> [LossPoint] {
        let file = path(of: fingerprint, "loss.csv")
        return try Self.curve(
            parsing: Source(name: file, text: try readText(file, limit: ResultTable.sizeLimit)))
    }

    package static func curve(parsing source: Source) throws(Diagnostic) -> [LossPoint] {
        var curve: [LossPoint] = []
        for record in try CommaSeparated.parse(source).dropFirst() {
            let numbers = record.cells.compactMap(\.number)
            guard record.cells.count == 4, numbers.count == 4, let step = Int(exactly: numbers[0]) else {
                throw .corruptTable("this is not a step of a loss curve", at: Span(source, record.range))
            }
            curve.append(
                LossPoint(step: step, loss: numbers[1], psnr: numbers[2], learningRate: numbers[3]))
        }
        return curve
    }

    /// Removes the files of runs that are not in `kept`, and what killed ones have left half-written; a file that is not named like a run's is left alone.
    ///
    /// What cannot be removed stays: it costs room and changes no result.
    public func prune(keeping kept: Set<String>) {
        removePartials(in: path)
        for file in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            guard let dot = file.firstIndex(of: "."), Recipe.isFingerprint(file[..<dot]) else { continue }
            if !kept.contains(String(file[..<dot])) {
                try? FileManager.default.removeItem(atPath: "\(path)/\(file)")
            }
        }
    }
}
