import Drawing
import Testing

struct ValuePlotTests {
    private func svg(_ plot: ValuePlot) throws -> String {
        String(decoding: try plot.file(.svg), as: UTF8.self)
    }

    private func series(_ xs: [String], _ interval: ClosedRange<Double>?) -> [ValuePlot.Series] {
        [.init(name: "one", points: xs.map { .init(x: $0, y: 2, interval: interval) })]
    }

    @Test func `numbers that were varied are joined by a line, others stand alone`() throws {
        let points = series(["1", "2.5", "3"], 1...3)
        let line = try svg(ValuePlot(points, x: "a", y: "b", seriesName: "", isNumeric: true, joins: true))
        let alone = try svg(ValuePlot(points, x: "a", y: "b", seriesName: "", isNumeric: true, joins: false))
        // gnuplot draws the band as a polygon.
        #expect(line.contains("<polygon") && !alone.contains("<polygon"))
        #expect(line.contains("b, mean and 95 % interval"))
    }

    @Test func `without several rows there is no interval, and the axis names none`() throws {
        let plot = ValuePlot(
            series(["1", "2"], nil), x: "a", y: "b", seriesName: "", isNumeric: true, joins: true)
        let text = try svg(plot)
        #expect(!text.contains("interval") && !text.contains("<polygon"))
    }

    @Test func `labels are drawn as they stand, and series are named`() throws {
        let plot = ValuePlot(
            series(["50%", "<x>"], 1...3), x: "a", y: "b", seriesName: "kind", isNumeric: false, joins: true)
        let text = try svg(plot)
        for label in ["50%", "&lt;x>", "kind", "one"] { #expect(text.contains(label), "\(label)") }
    }

    @Test func `a file for a paper is a PDF`() throws {
        let plot = ValuePlot(
            series(["1", "2"], nil), x: "a", y: "b", seriesName: "", isNumeric: true, joins: true)
        #expect(String(decoding: try plot.file(.pdf).prefix(5), as: UTF8.self) == "%PDF-")
    }
}
