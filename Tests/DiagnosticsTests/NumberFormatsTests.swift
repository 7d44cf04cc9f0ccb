import Diagnostics
import Testing

struct NumberFormatsTests {
    @Test(arguments: [
        (0, "0 bytes"), (999, "999 bytes"), (1000, "1 KB"), (55_040, "55.0 KB"), (123_456_789, "123 MB"),
        (1_540_000, "1.5 MB"), (2_000_000_000, "2 GB"), (1_460_000_000, "1.5 GB"), (1 << 60, "1152922 TB"),
    ])
    func `an amount of memory is said in the unit that fits`(bytes: Int, text: String) {
        #expect(memorySize(bytes) == text)
    }

    @Test(arguments: [
        (0.0032, "3.2 ms"), (12.4, "12.4 s"), (450, "7 min 30 s"), (7500, "2 h 5 min"), (1e10, "decades"),
    ])
    func `a duration is said in one or two units`(seconds: Double, text: String) {
        #expect(duration(seconds) == text)
    }

    @Test(arguments: [(999, "999"), (1_460_000_000, "1.46 G"), (55_040, "55.0 k"), (.max, "over 9.22 E")])
    func `a large count has three digits and a unit`(count: Int, text: String) {
        #expect(scaled(count) == text)
    }
}
