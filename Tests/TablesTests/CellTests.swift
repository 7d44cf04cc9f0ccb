import Tables
import Testing

struct CellTests {
    @Test(arguments: [
        (3.0, "3"), (-0.0, "-0"), (0.1, "0.1"), (28.4123456789, "28.4123456789"), (1e21, "1e+21"),
        (.leastNonzeroMagnitude, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"), (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"),
        (9_007_199_254_740_992, "9007199254740992"), (19_372_515, "19372515"),
    ])
    func `a number prints as the shortest text that reads back as the same number`(
        number: Double, text: String
    ) {
        #expect(Cell.number(number).description == text)
        #expect(Cell(bare: text) == .number(number))
    }

    @Test(arguments: [
        "nested(order = 4)", "0x1p3", "infinity", "1.", ".5", "1e", "+", "-", "1 2", " 1", "TRUE", "NaN",
        "1_000",
    ])
    func `what only looks like a number is a text`(text: String) {
        #expect(Cell(bare: text) == .text(text))
    }

    @Test func `truth and nothing have words of their own`() {
        #expect(Cell(bare: "true") == .boolean(true))
        #expect(Cell(bare: "false") == .boolean(false))
        #expect(Cell(bare: "") == .missing)
        #expect(Cell.missing.description == "")
    }

    @Test func `not-a-number equals itself, so that rows can be compared`() {
        #expect(Cell.number(.nan) == .number(.nan))
        #expect(Set([Cell.number(.nan), .number(-.nan)]).count == 1)
        #expect(Cell.number(1) != .text("1"))
    }
}

struct RepeatedCellTests {
    @Test func `a number repeats another to the last bit, or within what another machine may round`() {
        func repeats(_ now: Double, _ before: Double, _ column: String, exactly: Bool) -> Bool {
            Cell.number(now).repeats(.number(before), in: column, exactly: exactly)
        }
        #expect(repeats(28.5, 28.5, "psnr_db", exactly: true))
        #expect(!repeats(28.5, 28.500001, "psnr_db", exactly: true))
        #expect(repeats(28.5, 28.519, "psnr_db", exactly: false))
        #expect(!repeats(28.5, 28.521, "psnr_db", exactly: false))
        #expect(repeats(0.8, 0.8007, "ssim", exactly: false))
        #expect(!repeats(0.8, 0.801, "ssim", exactly: false))
        // Counts are no measurements.
        #expect(!repeats(100_000, 100_001, "parameters", exactly: false))
        #expect(repeats(.infinity, .infinity, "psnr_db", exactly: false))
        #expect(repeats(.nan, .nan, "psnr_db", exactly: false))
        #expect(!repeats(.infinity, 30.5, "psnr_db", exactly: false))
        #expect(!Cell.text("a").repeats(.text("b"), in: "x", exactly: false))
    }
}
