import Diagnostics
import Foundation
import Machine

/// A folder that is removed after the test.
public final class TemporaryFolder {
    public let path: String

    public init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "acuity-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    public func contents(_ file: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
    }

    public func write(_ text: String, to file: String) throws {
        try text.write(toFile: "\(path)/\(file)", atomically: false, encoding: .utf8)
    }
}

/// The diagnostic that `body` throws, rendered as a person sees it; empty if it throws none.
public func message(_ body: () throws(Diagnostic) -> Void) -> String {
    do throws(Diagnostic) {
        try body()
        return ""
    } catch {
        return Renderer(coloured: false).render(error)
    }
}

/// The diagnostic that `body` throws, or `nil`.
public func diagnostic(_ body: () throws(Diagnostic) -> Void) -> Diagnostic? {
    do throws(Diagnostic) { try body() } catch { return error }
    return nil
}

/// A folder of its own, gone when `body` ends.
public func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    return try withExtendedLifetime(folder) { try body(folder.path) }
}

extension StopFlag {
    /// One that was requested before the work began.
    public static var requested: StopFlag {
        let flag = StopFlag()
        flag.request()
        return flag
    }
}
