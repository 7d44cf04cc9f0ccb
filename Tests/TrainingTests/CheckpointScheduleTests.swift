import Testing
import Training

struct CheckpointScheduleTests {
    @Test(arguments: [
        // Of a minute between two: as long again as it has gone on for, until that is a minute.
        (60.0, 0.2, 0.0, 1.0), (60, 1, 0, 1), (60, 5, 0, 5), (60, 59, 0, 59), (60, 61, 0, 60),
        (60, 9000, 0, 60),
        // Writing may take a twentieth of the time.
        (60, 5, 1, 20), (60, 9000, 10, 200),
        // Every step, whatever it costs; and twice a second.
        (0, 5, 1, 0), (0.5, 100, 0, 0.5), (0.5, 0.1, 0, 0.5),
    ])
    func `checkpoints come early at first`(interval: Double, elapsed: Double, writing: Double, pause: Double)
    {
        #expect(CheckpointSchedule.pause(interval, afterSeconds: elapsed, writing: writing) == pause)
    }
}
