import Foundation

/// What a finished command left behind.
struct CommandResult {
    let status: Int32
    let output: String
    let messages: String
}

/// The program under test, as built beside the tests.
struct Command {
    /// How to end a command before it ends itself.
    struct Ending {
        let signal: Int32
        /// The signal is sent as soon as the messages hold this.
        let message: String
    }

    static var executable: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(
            path: "acuity")
    }

    /// A line of a table without the columns that are of the moment: seconds, memory, the time.
    static func withoutTimes(_ line: some StringProtocol) -> String {
        line.split(separator: ",", omittingEmptySubsequences: false).dropLast(3).joined(separator: ",")
    }

    /// Runs `acuity` with these arguments and kills it after a time.
    /// - Returns: whether it was still running then.
    static func killed(_ arguments: [String], after milliseconds: Int) throws -> Bool {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        while process.isRunning, ContinuousClock.now < deadline { usleep(500) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal
    }

    /// Runs `acuity` with these arguments and waits for its end.
    /// - Parameter program: to be run in its place.
    static func run(
        _ arguments: [String], program: URL? = nil, input: Data = Data(), folder: String? = nil,
        ending: Ending? = nil
    ) throws -> CommandResult {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        // Files rather than pipes: they hold any amount without anyone reading.
        func file(_ name: String, _ contents: Data = Data()) throws -> URL {
            let url = scratch.appending(path: name)
            try contents.write(to: url)
            return url
        }
        let (inputFile, outputFile, messageFile) = (try file("in", input), try file("out"), try file("err"))
        let process = Process()
        process.executableURL = program ?? executable
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: messageFile)
        try process.run()
        if let ending {
            while process.isRunning,
                !(try String(contentsOf: messageFile, encoding: .utf8)).contains(ending.message)
            {
                usleep(2000)
            }
            kill(process.processIdentifier, ending.signal)
        }
        // A command that does not end must fail its test, not stop all of them.
        let deadline = ContinuousClock.now + .seconds(400)
        while process.isRunning, ContinuousClock.now < deadline { usleep(2000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return CommandResult(
            status: process.terminationStatus, output: try String(contentsOf: outputFile, encoding: .utf8),
            messages: try String(contentsOf: messageFile, encoding: .utf8))
    }
}

/// A folder that is there for `body` and gone afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
}
