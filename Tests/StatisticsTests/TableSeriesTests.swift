import Foundation
import Runs
import Samples
import Statistics
import Tables
import Testing

struct TableSeriesTests {
    private func row(_ index: Int, _ cells: KeyValuePairs<String, Cell>) -> ResultRow {
        ResultRow(
            .init(uniqueKeysWithValues: cells.map { ($0, $1) }),
            .init(metrics: "", fingerprint: String(format: "%016x", index), run: provenance()))
    }

    @Test func `points are means with Student's intervals, in the order of their numbers`() throws {
        // mean and interval of [1, 2, 4] by scipy.stats.t.interval(0.95, 2, mean, sem).
        let values: [(Double, Double)] = [(10, 1), (10, 2), (10, 4), (2, 5), (30, .infinity)]
        let table = ResultTable(
            rows: values.enumerated().map { row($0, ["x": .number($1.0), "psnr_db": .number($1.1)]) })
        let series = try TableSeries(table, x: "x", y: "psnr_db", by: nil)
        #expect(series.isNumeric && series.leftOut == 1 && series.yHeading == "psnr [dB]")
        let points = try #require(series.series.first).points
        #expect(points.map(\.x) == [.number(2), .number(10)])
        #expect(points[0].mean == 5 && points[0].interval == nil)
        let interval = try #require(points[1].interval)
        #expect(abs(points[1].mean - 7.0 / 3) < 1e-12)
        #expect(abs(interval.lowerBound - -1.461249700263426) < 1e-9)
        #expect(abs(interval.upperBound - 6.1279163669300925) < 1e-9)
    }

    @Test func `texts that look like numbers are labels, in the order of the table`() throws {
        let table = ResultTable(
            rows: ["4", "1", "nan"].enumerated().map {
                row($0, ["x": .text($1), "by": .text("b"), "psnr_db": .number(20 + Double($0))])
            })
        let series = try TableSeries(table, x: "x", y: "psnr_db", by: "by")
        #expect(!series.isNumeric)
        #expect(series.series.map(\.name) == ["b"])
        #expect(series.series[0].points.map(\.x.description) == ["4", "1", "nan"])
    }
}
