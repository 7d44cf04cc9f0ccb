import Diagnostics
import Images

/// Measured values with their intervals, drawn by gnuplot: bars over labels, lines with a band over numbers,
/// or points.
public struct ValuePlot: Sendable {
    public struct Point: Sendable {
        /// A number's text, or a label.
        public let x: String
        public let y: Double
        public let interval: ClosedRange<Double>?

        public init(x: String, y: Double, interval: ClosedRange<Double>?) {
            (self.x, self.y, self.interval) = (x, y, interval)
        }

        fileprivate var low: Double { interval?.lowerBound ?? y }
        fileprivate var high: Double { interval?.upperBound ?? y }
    }

    public struct Series: Sendable {
        public let name: String
        public let points: [Point]

        public init(name: String, points: [Point]) { (self.name, self.points) = (name, points) }
    }

    private enum Kind { case bars, lines, points }

    private let series: [Series]
    private let labels: (x: String, y: String)
    /// What the names of the series are values of.
    private let seriesName: String
    private let kind: Kind

    /// - Parameters:
    ///   - seriesName: what the names of the series are values of; empty where there is one without a name.
    ///   - isNumeric: whether each point's `x` is a number.
    ///   - joins: whether such points are joined by lines.
    public init(_ series: [Series], x: String, y: String, seriesName: String, isNumeric: Bool, joins: Bool) {
        self.series = series.filter { !$0.points.isEmpty }
        let hasIntervals = series.contains { $0.points.contains { $0.interval != nil } }
        labels = (x, y + (hasIntervals ? ", mean and 95 % interval" : ""))
        self.seriesName = seriesName
        // A line needs somewhere to go.
        let hasLines = joins && self.series.contains { $0.points.count > 1 }
        kind = isNumeric ? (hasLines ? .lines : .points) : .bars
    }

    public var isEmpty: Bool { series.isEmpty }

    /// In letters.
    /// - Throws: as all drawing here does, `missing-program` and `drawing-failed`.
    public func text(columns: Int, rows: Int) throws(Diagnostic) -> String {
        let size = "\(min(max(columns - 1, 40), 120)),\(min(max(15, rows - 4), 30))"
        return try Tool.gnuplot.letters("set terminal dumb noenhanced size \(size)\n" + script(isText: true))
    }

    /// The bytes of an image of about `width` pixels.
    public func file(_ format: CurvePlot.Format, width: Int = 800) throws(Diagnostic) -> [UInt8] {
        let head = CurvePlot.terminal(format, width: width, height: width * 5 / 8)
        return try Tool.gnuplot.run([], on: head + script(isText: false))
    }

    public func image(width: Int) throws(Diagnostic) -> Image {
        try decodeImage(file(.png, width: width), named: "gnuplot's image").image
    }

    // MARK: The script

    /// Labels in the order in which they first come.
    private var ticks: [String] {
        var ticks: [String] = []
        for point in series.flatMap(\.points) where !ticks.contains(point.x) { ticks.append(point.x) }
        return ticks
    }

    private func script(isText: Bool) -> String {
        let data = series.enumerated().map { index, series in
            "$series\(index) << EOD\n"
                + series.points.map { "\(place(of: $0, in: index)) \($0.y)\n" }.joined()
                + "EOD\n$intervals\(index) << EOD\n"
                + series.points.compactMap { point in
                    point.interval.map {
                        "\(place(of: point, in: index)) \(point.y) \($0.lowerBound) \($0.upperBound)\n"
                    }
                }.joined() + "EOD\n"
        }.joined()
        let hasKey = series.count > 1 || !(series.first?.name.isEmpty ?? true)
        return data + """
            set key \(hasKey ? "outside top center horizontal" : "off") width 1
            \(seriesName.isEmpty ? "" : "set key title \(Tool.quoted(seriesName))")
            set xlabel \(Tool.quoted(labels.x))
            set ylabel \(Tool.quoted(labels.y))
            set border 3
            set tics nomirror
            set grid ytics linetype 0
            set style fill transparent solid 0.25 noborder
            \(axes)
            plot \(series.indices.flatMap { plots(of: $0, isText: isText) }.joined(separator: ", "))

            """
    }

    /// Where a point stands: bars of a label side by side.
    private func place(of point: Point, in index: Int) -> String {
        guard kind == .bars else { return point.x }
        let middle = Double(ticks.firstIndex(of: point.x) ?? 0)
        return "\(middle + (Double(index) - Double(series.count - 1) / 2) * barWidth)"
    }

    private var barWidth: Double { 0.8 / Double(max(1, series.count)) }

    private var axes: String {
        let points = series.flatMap(\.points)
        let (low, high) = (points.map(\.low).min() ?? 0, points.map(\.high).max() ?? 1)
        let span = max(high - low, abs(high) * 1e-6, 1e-12)
        // Bars begin at zero where it is near; else a part of the axis is shown, as dots with intervals.
        var text =
            "set yrange [\(startsAtZero ? min(0, low - 0.05 * span) : low - 0.1 * span):\(startsAtZero ? max(0, high + 0.05 * span) : high + 0.1 * span)]\n"
        switch kind {
        case .bars:
            let labels = ticks.enumerated().map { "\(Self.tick($0.element)) \($0.offset)" }.joined(
                separator: ", ")
            let isLong = (ticks.map(\.count).max() ?? 0) * ticks.count > 70
            text +=
                "set xtics (\(labels))\(isLong ? " rotate by 20 right" : "")\nset xrange [-0.6:\(Double(ticks.count) - 0.4)]\n"
        case .lines, .points:
            let numbers = points.compactMap { Double($0.x) }
            let (least, most) = (numbers.min() ?? 0, numbers.max() ?? 1)
            if least > 0, most / least > 20 { text += "set logscale x\n" }
            if least > 0, most / least > 20 {
                text += "set xrange [\(least / 1.3):\(most * 1.3)]\n"
            } else {
                let room = max(0.06 * (most - least), abs(most) * 1e-3, 1e-9)
                text += "set xrange [\(least - room):\(most + room)]\n"
            }
        }
        return text
    }

    /// A label of an axis, in which gnuplot would take `%` for the beginning of a number's format.
    private static func tick(_ label: String) -> String { Tool.quoted(label.replacing("%", with: "%%")) }

    private var startsAtZero: Bool {
        let points = series.flatMap(\.points)
        let (low, high) = (points.map(\.low).min() ?? 0, points.map(\.high).max() ?? 1)
        return kind == .bars && (low <= 0 || low < 0.6 * high)
    }

    private func plots(of index: Int, isText: Bool) -> [String] {
        let colours = ["0072b2", "d55e00", "009e73", "cc79a7", "56b4e9", "e69f00", "000000"]
        let colour = "linecolor rgb '#\(colours[index % colours.count])'"
        let (data, name) = ("$series\(index)", Tool.quoted(series[index].name))
        let dots = "\(colour) pointtype \([7, 5, 9, 13, 11, 4, 6][index % 7]) pointsize 0.8"
        let hasIntervals = series[index].points.contains { $0.interval != nil }
        let intervals =
            hasIntervals
            ? [
                "$intervals\(index) using 1:2:3:4 with yerrorbars \(colour) linewidth 1.5 pointtype 0 notitle"
            ]
            : []
        switch kind {
        case .bars where startsAtZero:
            return ["\(data) using 1:2:(\(barWidth * 0.9)) with boxes \(colour) title \(name)"] + intervals
        case .bars, .points: return intervals + ["\(data) using 1:2 with points \(dots) title \(name)"]
        case .lines:
            let line = "\(data) using 1:2 with linespoints linewidth 2 \(dots) title \(name)"
            guard !isText, hasIntervals else { return [line] }
            return ["$intervals\(index) using 1:3:4 with filledcurves \(colour) notitle", line]
        }
    }
}
