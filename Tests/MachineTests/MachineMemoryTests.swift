import Diagnostics
import Machine
import Testing

struct MachineMemoryTests {
    @Test func `memory that is there is not refused`() throws {
        #expect(MachineMemory.free > 0)
        #expect(MachineMemory.free <= MachineMemory.total)
        try MachineMemory.check(2 << 20, for: "a test")
    }

    @Test func `more than any machine has is refused, with what asks for it and how much`() {
        let mistake = #expect(throws: Diagnostic.self) {
            try MachineMemory.check(1 << 60, for: "the image a.png")
        }
        #expect(mistake?.code == "not-enough-memory")
        #expect(mistake?.message.hasPrefix("the image a.png needs 1152922 TB of memory, and ") == true)
    }
}
