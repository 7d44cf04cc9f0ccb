import Foundation
import Images
import Terminal
import Testing

struct AbilitiesTests {
    @Test(arguments: [
        (["TERM": "dumb"], Graphics.none, false, false), ([:], .none, false, false),
        (["TERM": "xterm-256color", "NO_COLOR": "1"], .none, false, false),
        (["TERM": "xterm-256color"], .blocks, true, true), (["TERM": "xterm-kitty"], .kitty, false, true),
        (["TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"], .iterm2, false, true),
        // A multiplexer passes on the variables of the terminal that it was started in.
        (["TERM": "tmux-256color", "TMUX": "x", "KITTY_WINDOW_ID": "1"], .blocks, true, true),
        (["TERM": "xterm", "ACUITY_GRAPHICS": "sixel"], .sixel, false, true),
    ])
    func `the environment tells what a terminal shows`(
        environment: [String: String], graphics: Graphics, asks: Bool, hasStyles: Bool
    ) {
        let told = Abilities.told(by: environment, isTerminal: true)
        #expect(told.abilities.graphics == graphics)
        #expect(told.asks == asks)
        #expect(told.abilities.hasStyles == hasStyles)
        #expect(Abilities.told(by: environment, isTerminal: false).abilities.graphics == .none)
    }

    @Test func `an answer is found among what was typed meanwhile`() throws {
        let bytes = Array("ab\u{1B}[?62;4;22ccd".utf8)
        let answer = try #require(Inquiry.answer(in: bytes))
        #expect(answer.attributes == [62, 4, 22])
        #expect(answer.rest == Array("abcd".utf8))
        #expect(Inquiry.answer(in: Array("\u{1B}[?62;4".utf8)) == nil)
    }
}

struct ImageFileTests {
    @Test func `an image keeps its proportions in the room there is`() {
        func cells(_ width: Int, _ height: Int, _ graphics: Graphics) -> [Int] {
            let size = Image.cells(
                width: width, height: height, graphics, columns: 80, rows: 20, cell: (8, 16))
            return [size.columns, size.rows]
        }
        #expect(cells(64, 32, .blocks) == [64, 16])
        #expect(cells(640, 320, .blocks) == [80, 20])
        #expect(cells(64, 32, .sixel) == [8, 2])
        #expect(cells(1280, 64, .kitty) == [80, 2])
        #expect(cells(1, 1, .sixel) == [1, 1])
    }

    @Test func `half blocks are two pixels in a cell, in their own colours`() throws {
        // Left column red over blue; right column green over white.
        let pixels: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]
        let image = Image(width: 2, height: 2, channels: 3, pixels: pixels)
        let drawn = try #require(
            image.drawn(.blocks, colours: nil, columns: 80, rows: 20, cell: (8, 16)))
        for colour in ["255;0;0", "0;0;255", "0;255;0", "255;255;255"] { #expect(drawn.contains(colour)) }
        #expect(drawn.count { "▀▄".contains($0) } == 2)
        #expect(drawn.contains("\u{1B}[0m"))
    }

    @Test(arguments: [(Graphics.sixel, "\u{1B}P"), (.kitty, "\u{1B}_G"), (.iterm2, "\u{1B}]1337;File=")])
    func `each way of showing pixels begins as its terminals expect`(graphics: Graphics, start: String) throws
    {
        let image = Image(width: 30, height: 31, channels: 1, filledWith: 0.5)
        let drawn = try #require(image.drawn(graphics, colours: nil, columns: 80, rows: 20, cell: (8, 16)))
        #expect(drawn.contains(start))
        #expect(image.drawn(.none, colours: nil, columns: 80, rows: 20, cell: (8, 16)) == nil)
    }
}

struct ProgressLineTests {
    private let line = ProgressLine(
        share: 0.5, facts: ["480/960", "loss 0.001", "PSNR 27.31 dB", "1 min 20 s left", "12.3 steps/s"])

    @Test(arguments: 1...120)
    func `it never reaches the last column`(columns: Int) {
        #expect(line.text(columns: columns).count <= max(1, columns - 1))
    }

    @Test func `what matters most stays longest, and the bar goes first`() {
        #expect(
            line.text(columns: 100)
                == "██████████░░░░░░░░░░  480/960  loss 0.001  PSNR 27.31 dB  1 min 20 s left  12.3 steps/s")
        #expect(line.text(columns: 60) == "480/960  loss 0.001  PSNR 27.31 dB  1 min 20 s left")
        #expect(line.text(columns: 20) == "480/960  loss 0.001")
        #expect(ProgressLine(share: .nan, facts: ["x"]).text(columns: 80).hasSuffix("x"))
    }
}
