import Diagnostics
import Images
import LossCurves

/// Loss and PSNR of trainings over their steps, drawn by gnuplot.
public struct CurvePlot: Sendable {
    public struct Curve: Sendable {
        public let name: String
        public let points: [LossPoint]

        public init(name: String, points: [LossPoint]) {
            self.name = name
            self.points = points
        }

        fileprivate var isValidated: Bool { points.contains { $0.validation != nil } }
    }

    public let curves: [Curve]

    public init(_ curves: [Curve]) { self.curves = curves }

    /// What a file's ending says about how it is drawn.
    public enum Format: String, Sendable, CaseIterable { case svg, png, pdf }

    /// Two panels in letters, one below the other.
    /// - Throws: as all drawing here does, `missing-program` and `drawing-failed`.
    public func text(columns: Int, rows: Int) throws(Diagnostic) -> String {
        let height = min(max(15, rows / 2 - 1), 24)
        var text = ""
        for panel in Panel.allCases {
            // The letters' terminal of gnuplot draws no panels into one page.
            let head = "set terminal dumb noenhanced size \(min(max(columns - 1, 40), 120)),\(height)\n"
            text += try Tool.gnuplot.letters(head + data + settings + plot(panel, withSingle: false))
        }
        return text
    }

    /// Lines of the key below the panels; many curves stand in two columns.
    private var keyRows: Int {
        curves.count > 1 ? (curves.count > 6 ? (curves.count + 1) / 2 : curves.count) : 0
    }

    /// The bytes of an image of about `width` pixels, loss beside PSNR, with the curves' names below.
    public func file(_ format: Format, width: Int = 1000) throws(Diagnostic) -> [UInt8] {
        let head = Self.terminal(
            format, width: width, height: width * 2 / 5 + 17 * keyRows)
        let panels = Panel.allCases.map { plot($0, withSingle: true) }.joined()
        // One key for both panels, below them.
        let key =
            curves.count > 1
            ? "set key at screen 0.5,0.02 center bottom vertical maxrows \(keyRows)\nset bmargin \(5 + keyRows)\n"
            : ""
        return try Tool.gnuplot.run(
            [], on: head + data + settings + key + "set multiplot layout 1,2\n" + panels)
    }

    /// What makes gnuplot draw an image of this size in pixels.
    static func terminal(_ format: Format, width: Int, height: Int) -> String {
        let rest = "noenhanced background 'white'"
        return switch format {
        case .svg: "set terminal svg \(rest) size \(width),\(height) font 'sans,12'\n"
        case .png: "set terminal pngcairo \(rest) size \(width),\(height) font 'sans,11'\n"
        // In inches, of 100 pixels each.
        case .pdf:
            "set terminal pdfcairo \(rest) size \(Double(width) / 100),\(Double(height) / 100) font 'sans,11'\n"
        }
    }

    public func image(width: Int) throws(Diagnostic) -> Image {
        try decodeImage(file(.png, width: width), named: "gnuplot's image").image
    }

    // MARK: The script

    private enum Panel: CaseIterable { case loss, psnr }

    private var data: String {
        curves.enumerated().map { index, curve in
            let points = curve.points.map { (step: $0.step, loss: $0.smoothLoss, psnr: $0.smoothPSNR) }
            let losses = Self.runningMean(points.map(\.loss))
            let psnrs = Self.runningMean(points.map(\.psnr))
            let lines = points.indices.map { place in
                let point = points[place]
                let validation = curve.points[place].validation ?? .nan
                let values = [point.loss, point.psnr, losses[place], psnrs[place], validation]
                return ([Double(point.step)] + values).map {
                    $0.isFinite ? "\($0)" : "NaN"
                }.joined(separator: " ")
            }
            return "$curve\(index) << EOD\n" + lines.joined(separator: "\n") + "\nEOD\n"
        }.joined()
    }

    private var isValidated: Bool { curves.contains(where: \.isValidated) }

    private var settings: String {
        """
        set datafile missing "NaN"
        set key \(curves.count > 1 ? "outside below" : "off") width 1
        set xlabel "step"
        set border 3
        set tics nomirror
        set grid ytics linetype 0

        """
    }

    /// Means over a twentieth of the curve on either side, of what is finite there: batches differ more than
    /// steps do.
    package static func runningMean(_ values: [Double]) -> [Double] {
        let reach = values.count / 20
        guard reach > 0 else { return values }
        return values.indices.map { place in
            let near = values[max(0, place - reach)...min(values.count - 1, place + reach)].filter(\.isFinite)
            return near.isEmpty ? .infinity : near.reduce(0, +) / Double(near.count)
        }
    }

    /// - Parameter withSingle: whether single batches are drawn too, pale behind the means.
    private func plot(_ panel: Panel, withSingle: Bool) -> String {
        let (title, column, scale) =
            switch panel {
            // A loss in decibels is negative, and is logarithmic already.
            case .loss where curves.contains { $0.points.contains { $0.smoothLoss <= 0 } }:
                ("loss", 2, "unset logscale y\nset format y '%g'\n")
            case .loss: ("loss (sum of mean squared errors)", 2, "set logscale y\nset format y '%.0e'\n")
            case .psnr:
                (
                    isValidated
                        ? "PSNR of the batch, and of validations (points), dB" : "PSNR of the batch, dB",
                    3,
                    "unset logscale y\nset format y '%g'\n" + (withSingle ? "unset key\n" : "")
                )
            }
        let colours = ["0072b2", "d55e00", "009e73", "cc79a7", "56b4e9", "e69f00", "000000"]
        let lines = curves.enumerated().flatMap { index, curve -> [String] in
            let colour = colours[index % colours.count]
            // One point is no line; it must be seen all the same.
            let style = curve.points.count > 1 ? "lines linewidth 2" : "points pointtype 7"
            let mean =
                "$curve\(index) using 1:\(column + 2) with \(style) linecolor rgb '#\(colour)' title \(Tool.quoted(curve.name))"
            let single =
                "$curve\(index) using 1:\(column) with lines linecolor rgb '#c0\(colour)' notitle"
            let validations =
                "$curve\(index) using 1:6 with linespoints pointtype 6 linecolor rgb '#\(colour)' notitle"
            return (withSingle && curve.points.count >= 20 ? [single] : []) + [mean]
                + (panel == .psnr && curve.isValidated ? [validations] : [])
        }
        return scale + "set title \"\(title)\"\nplot " + lines.joined(separator: ", ") + "\n"
    }
}

extension LossPoint {
    /// As drawn: of the last hundred batches, where these are known.
    fileprivate var smoothLoss: Double { recent?.loss ?? loss }
    fileprivate var smoothPSNR: Double { recent?.psnr ?? psnr }
}
