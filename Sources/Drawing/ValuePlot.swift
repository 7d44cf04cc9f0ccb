import Diagnostics
import Images

/// Measured values with their intervals, drawn by gnuplot: bars over labels, lines with a band over numbers,
/// or points.
public struct ValuePlot: Sendable {
    public struct Point: Sendable {
        /// A number's text, or a label.
        public let x: String
        public let y: Double
        public let low: Double
        public let high: Double

        public init(x: String, y: Double, low: Double, high: Double) {
            (self.x, self.y, self.low, self.high) = (x, y, low, high)
        }
    }

    public struct Series: Sendable {
        public let name: String
        public let points: [Point]

        public init(name: String, points: [Point]) { (self.name, self.points) = (name, points) }
    }

    private enum Kind { case bars, lines, points }

    private let series: [Series]
    private let labels: (x: String, y: String)
    private let kind: Kind

    public init(_ series: [Series], x: String, y: String) {
        self.series = series.filter { !$0.points.isEmpty }
        labels = (x, y)
        let isNumeric = self.series.allSatisfy { $0.points.allSatisfy { Double($0.x) != nil } }
        // A line needs somewhere to go.
        let hasLines = self.series.contains { $0.points.count > 1 }
        kind = isNumeric ? (hasLines ? .lines : .points) : .bars
    }

    public var isEmpty: Bool { series.isEmpty }

    /// In letters.
    /// - Throws: as all drawing here does, `missing-program` and `drawing-failed`.
    public func text(columns: Int, rows: Int) throws(Diagnostic) -> String {
        let size = "\(min(max(columns - 1, 40), 120)),\(min(max(15, rows - 4), 30))"
        return try Tool.gnuplot.letters("set terminal dumb noenhanced size \(size)\n" + script(isText: true))
    }

    /// The bytes of a picture of about `width` pixels.
    public func file(_ format: CurvePlot.Format, width: Int = 800) throws(Diagnostic) -> [UInt8] {
        let size = "\(width),\(width * 5 / 8)"
        let head =
            switch format {
            case .svg: "set terminal svg noenhanced size \(size) background 'white' font 'sans,13'\n"
            case .png: "set terminal pngcairo noenhanced size \(size) background 'white' font 'sans,12'\n"
            }
        return try Tool.gnuplot.run([], on: head + script(isText: false))
    }

    public func picture(width: Int) throws(Diagnostic) -> Image {
        try decodePicture(file(.png, width: width), named: "gnuplot's picture").image
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
                + series.points.map { "\(place(of: $0, in: index)) \($0.y) \($0.low) \($0.high)" }.joined(
                    separator: "\n")
                + "\nEOD\n"
        }.joined()
        let hasKey = series.count > 1 || !(series.first?.name.isEmpty ?? true)
        return data + """
            set key \(hasKey ? "outside below" : "off") width 1
            set xlabel \(Tool.quoted(labels.x))
            set ylabel \(Tool.quoted(labels.y + ", mean and 95 % interval"))
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
            let labels = ticks.enumerated().map { "\(Tool.quoted($0.element)) \($0.offset)" }.joined(
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

    private var startsAtZero: Bool {
        let points = series.flatMap(\.points)
        let (low, high) = (points.map(\.low).min() ?? 0, points.map(\.high).max() ?? 1)
        return kind == .bars && (low <= 0 || low < 0.6 * high)
    }

    private func plots(of index: Int, isText: Bool) -> [String] {
        let colours = ["0072b2", "d55e00", "009e73", "cc79a7", "56b4e9", "e69f00", "000000"]
        let colour = "linecolor rgb '#\(colours[index % colours.count])'"
        let (data, name) = ("$series\(index)", Tool.quoted(series[index].name))
        let dots = "pointtype \([7, 5, 9, 13, 11, 4, 6][index % 7]) pointsize 0.8"
        let bars = "\(data) using 1:2:3:4 with yerrorbars \(colour) linewidth 1.5 \(dots)"
        switch kind {
        case .bars where startsAtZero:
            return [
                "\(data) using 1:2:(\(barWidth * 0.9)) with boxes \(colour) title \(name)",
                "\(data) using 1:2:3:4 with yerrorbars \(colour) linewidth 1.5 pointtype -1 notitle",
            ]
        case .bars, .points: return ["\(bars) title \(name)"]
        case .lines:
            let line = "\(data) using 1:2 with linespoints \(colour) linewidth 2 \(dots) title \(name)"
            guard !isText else { return [line] }
            return ["\(data) using 1:3:4 with filledcurves \(colour) notitle", line]
        }
    }
}
