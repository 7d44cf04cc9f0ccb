import Diagnostics
import Images

/// Images in rows and columns with a title over each, drawn by gnuplot.
public struct Figure: Sendable {
    public struct Panel: Sendable {
        public let title: String
        public let image: Image

        public init(title: String, image: Image) { (self.title, self.image) = (title, image) }
    }

    public enum Format: String, Sendable, CaseIterable { case png, pdf }

    /// Pixels between panels, and those that a title takes.
    private static let (gap, titleHeight) = (8, 26)

    private let rows: [[Panel]]

    /// - Precondition: there is a panel.
    public init(_ rows: [[Panel]]) {
        precondition(rows.contains { !$0.isEmpty }, "a figure of nothing")
        self.rows = rows
    }

    /// Images beside each other; below them the same part of each, enlarged; below that how far each is
    /// from `sharp`.
    /// - Parameters:
    ///   - crop: within all of the images, which are of one size.
    ///   - sharp: what they should be; of the same size.
    public init(
        _ panels: [Panel], crop: (x: Int, y: Int, width: Int, height: Int)?, sharp: Image?
    ) {
        func part(_ image: Image) -> Image {
            crop.map { image.cropped(x: $0.x, y: $0.y, width: $0.width, height: $0.height) } ?? image
        }
        var rows = [panels]
        if crop != nil { rows.append(panels.map { Panel(title: "", image: part($0.image)) }) }
        if let sharp {
            let errors = panels.enumerated().map { index, panel in
                let error = part(panel.image).errorMap(against: part(sharp))
                return Panel(title: index == 0 ? "error: black 0, white 51 of 255 or more" : "", image: error)
            }
            rows.append(errors)
        }
        self.init(rows)
    }

    /// - Parameter width: of a column, in pixels.
    /// - Throws: `missing-program`, `drawing-failed`.
    public func file(_ format: Format, columnWidth width: Int = 320) throws(Diagnostic) -> [UInt8] {
        let columns = rows.map(\.count).max() ?? 1
        let heights = rows.map { row in row.map { Self.height(of: $0, width: width) }.max() ?? 0 }
        let titles = rows.map { row in row.contains { !$0.title.isEmpty } ? Self.titleHeight : 0 }
        let size = (
            width: columns * (width + Self.gap) - Self.gap,
            height: zip(heights, titles).reduce(0) { $0 + $1.0 + $1.1 + Self.gap } - Self.gap
        )
        var script = Self.prelude(format, size)
        var files: [String: [UInt8]] = [:]
        var top = 0
        for (place, row) in rows.enumerated() {
            top += titles[place]
            for (column, panel) in row.enumerated() {
                let image = panel.image.colour.magnified(toWidth: width)
                let name = "\(place)-\(column).rgb"
                files[name] = image.quantised()
                let height = Self.height(of: panel, width: width)
                let (x, y) = (column * (width + Self.gap), size.height - top - height)
                script += """
                    set origin \(Double(x) / Double(size.width)),\(Double(y) / Double(size.height))
                    set size \(Double(width) / Double(size.width)),\(Double(height) / Double(size.height))
                    set xrange [-0.5:\(Double(image.width) - 0.5)]
                    set yrange [-0.5:\(Double(image.height) - 0.5)]
                    set label 1 \(Tool.quoted(panel.title)) at graph 0.5,1 center offset 0,0.6
                    plot '\(name)' binary array=(\(image.width),\(image.height)) flipy format='%uchar%uchar%uchar' \
                    using 1:2:3 with rgbimage

                    """
            }
            top += heights[place] + Self.gap
        }
        return try Tool.gnuplot.run([], on: script + "unset multiplot\n", with: files)
    }

    private static func height(of panel: Panel, width: Int) -> Int {
        width * panel.image.height / panel.image.width
    }

    /// What a script begins with.
    /// - Parameter size: in pixels.
    private static func prelude(_ format: Format, _ size: (width: Int, height: Int)) -> String {
        let terminal =
            switch format {
            case .png:
                "set terminal pngcairo noenhanced size \(size.width),\(size.height) background 'white' font 'sans,12'\n"
            case .pdf:
                "set terminal pdfcairo noenhanced size \(Double(size.width) / 96)in,\(Double(size.height) / 96)in font 'sans,12'\n"
            }
        return terminal + """
            unset border
            unset tics
            unset key
            unset colorbox
            set lmargin 0
            set rmargin 0
            set tmargin 0
            set bmargin 0
            set multiplot

            """
    }

    public func image(width: Int) throws(Diagnostic) -> Image {
        let columns = rows.map(\.count).max() ?? 1
        let bytes = try file(.png, columnWidth: max(64, width / columns - Self.gap))
        return try decodeImage(bytes, named: "gnuplot's image").image
    }
}

extension Image {
    /// Pixels repeated as often as fits into `width`, so that each stays a square.
    fileprivate func magnified(toWidth width: Int) -> Image {
        let factor = max(1, width / self.width)
        guard factor > 1 else { return self }
        var values: [Float] = []
        values.reserveCapacity(pixels.count * factor * factor)
        for y in 0..<height * factor {
            for x in 0..<self.width * factor {
                let start = (y / factor * self.width + x / factor) * channels
                values.append(contentsOf: pixels[start..<start + channels])
            }
        }
        return Image(width: self.width * factor, height: height * factor, channels: channels, pixels: values)
    }

    /// The mean absolute difference of the channels, from black by red and yellow to white at a fifth of the
    /// range.
    package func errorMap(against sharp: Image) -> Image {
        precondition(
            width == sharp.width && height == sharp.height, "\(sizeText) against \(sharp.sizeText)")
        let (left, right) = (colour.pixels, sharp.colour.pixels)
        var values: [Float] = []
        values.reserveCapacity(left.count)
        for start in stride(from: 0, to: left.count, by: 3) {
            let error = (0..<3).reduce(Float(0)) { $0 + abs(left[start + $1] - right[start + $1]) } / 3
            let heat = min(1, error / 0.2) * 3
            for channel in 0..<3 { values.append(max(0, min(1, heat - Float(channel)))) }
        }
        return Image(width: width, height: height, channels: 3, pixels: values)
    }
}
