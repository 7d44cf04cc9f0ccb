import Diagnostics
import Machine
import Testing

struct MachineMemoryTests {
    @Test func `memory that is there is not refused`() throws {
        #expect(MachineMemory.free > 0)
        #expect(MachineMemory.free <= MachineMemory.total)
        try MachineMemory.check(2 << 20, for: "a test")
    }

    @Test(arguments: [
        (0, "0 MB"), (1, "1 MB"), (12_000_000, "12 MB"), (999_000_001, "1000 MB"),
        (1_000_000_000, "1.0 GB"), (1_540_000_000, "1.5 GB"),
    ])
    func `an amount is said in the unit that fits`(bytes: Int, text: String) {
        #expect(MachineMemory.amount(bytes) == text)
    }

    @Test func `more than any machine has is refused, with what asks for it and how much`() {
        let mistake = #expect(throws: Diagnostic.self) {
            try MachineMemory.check(1 << 60, for: "the image a.png")
        }
        #expect(mistake?.code == "not-enough-memory")
        #expect(mistake?.message.hasPrefix("the image a.png needs 1152921504.6 GB of memory, and ") == true)
    }
}
