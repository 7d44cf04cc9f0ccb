import ChafaShim
import Images

import func Foundation.free

/// How a terminal shows images.
public enum Graphics: String, Sendable, CaseIterable {
    /// Not at all: an image is told in words.
    case none
    /// Half blocks in two colours a cell.
    case blocks
    case sixel
    case kitty
    case iterm2

    /// Whether it shows single pixels, so that lines and letters can be read.
    public var showsPixels: Bool {
        switch self {
        case .none, .blocks: false
        case .sixel, .kitty, .iterm2: true
        }
    }
}

/// What a terminal is known to be able to do.
public struct Abilities: Sendable, Equatable {
    public var graphics: Graphics
    /// Whether text may be coloured and moved about with escape sequences.
    public var hasStyles: Bool
    /// 16, 256, or `nil` for any.
    public var colours: Int?

    public init(graphics: Graphics, hasStyles: Bool, colours: Int?) {
        self.graphics = graphics
        self.hasStyles = hasStyles
        self.colours = colours
    }

    /// What the environment says of the terminal; `nil` graphics are for the terminal itself to tell.
    public static func told(by environment: [String: String], isTerminal: Bool) -> (
        abilities: Abilities, asks: Bool
    ) {
        let name = environment["TERM"] ?? ""
        let isDumb = !isTerminal || name == "dumb" || name.isEmpty
        let wantsColour = (environment["NO_COLOR"] ?? "").isEmpty
        let colours: Int? =
            ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") || name.hasSuffix("-direct")
            ? nil : name.contains("256color") || name.contains("kitty") || name.contains("ghostty") ? 256 : 16
        var abilities = Abilities(graphics: .none, hasStyles: !isDumb && wantsColour, colours: colours)
        if isDumb { return (abilities, false) }
        if let wish = environment["ACUITY_GRAPHICS"].flatMap(Graphics.init(rawValue:)) {
            abilities.graphics = wish
            return (abilities, false)
        }
        guard wantsColour else { return (abilities, false) }
        // A multiplexer passes on what it was started in, not what it can show itself.
        let isMultiplexed = environment["TMUX"] != nil || name.hasPrefix("screen") || name.hasPrefix("tmux")
        let program = environment["TERM_PROGRAM"] ?? ""
        if !isMultiplexed {
            if name.contains("kitty") || environment["KITTY_WINDOW_ID"] != nil || program == "ghostty" {
                abilities.graphics = .kitty
                return (abilities, false)
            }
            if program == "iTerm.app" || program == "WezTerm" || environment["LC_TERMINAL"] == "iTerm2" {
                abilities.graphics = .iterm2
                return (abilities, false)
            }
        }
        abilities.graphics = .blocks
        return (abilities, true)
    }
}

extension Image {
    /// The escape sequences that draw the image with its left edge at the cursor, ending below it.
    ///
    /// As large as it is where there is room, smaller where there is not, never distorted.
    /// - Parameters:
    ///   - columns, rows: the room there is, in cells.
    ///   - cell: a cell's size in pixels.
    public func drawn(
        _ graphics: Graphics, colours: Int?, columns: Int, rows: Int, cell: (width: Int, height: Int)
    ) -> String? {
        let way: acuity_graphics
        switch graphics {
        case .none: return nil
        case .blocks: way = ACUITY_BLOCKS
        case .sixel: way = ACUITY_SIXEL
        case .kitty: way = ACUITY_KITTY
        case .iterm2: way = ACUITY_ITERM2
        }
        let size = Self.cells(
            width: width, height: height, graphics, columns: columns, rows: rows, cell: cell)
        let shown = graphics == .blocks ? self.halfBlocks(columns: size.columns, rows: size.rows) : self
        let (width, height) = (shown.width, shown.height)
        let bytes = shown.colour.quantised()
        var samples: [UInt8] = []
        samples.reserveCapacity(width * height * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            samples += bytes[start..<start + 3]
            samples.append(255)
        }
        guard
            let text = acuity_draw(
                samples, Int32(width), Int32(height), way, Int32(colours ?? 0), Int32(size.columns),
                Int32(size.rows),
                Int32(cell.width), Int32(cell.height))
        else { return nil }
        defer { free(text) }
        return String(cString: text) + "\n"
    }

    /// The image at one pixel for each half block, every pixel as large as chafa wants half a cell to be:
    /// it looks at cells as squares of 8×8 pixels, and would smear smaller ones into each other.
    private func halfBlocks(columns: Int, rows: Int) -> Image {
        let small =
            columns <= width && 2 * rows <= height ? shrunk(toWidth: columns, height: 2 * rows) : self
        let (side, wide, high) = (8, columns * 8, rows * 8)
        var pixels: [Float] = []
        pixels.reserveCapacity(wide * high * channels)
        for y in 0..<high {
            let row = y / (side / 2) * small.height / (2 * rows)
            for x in 0..<wide {
                let start = (row * small.width + x / side * small.width / columns) * channels
                pixels += small.pixels[start..<start + channels]
            }
        }
        return Image(width: wide, height: high, channels: channels, pixels: pixels)
    }

    /// Cells that an image takes: as large as it is, or as the room is.
    package static func cells(
        width: Int, height: Int, _ graphics: Graphics, columns: Int, rows: Int,
        cell: (width: Int, height: Int)
    ) -> (columns: Int, rows: Int) {
        // A half block is one pixel wide and half a cell high.
        let (cellWidth, cellHeight) =
            graphics.showsPixels ? (Double(cell.width), Double(cell.height)) : (1, 2)
        let room = (width: Double(max(1, columns)) * cellWidth, height: Double(max(1, rows)) * cellHeight)
        let scale = min(1, room.width / Double(width), room.height / Double(height))
        return (
            max(1, min(columns, Int((Double(width) * scale / cellWidth).rounded()))),
            max(1, min(rows, Int((Double(height) * scale / cellHeight).rounded())))
        )
    }
}
