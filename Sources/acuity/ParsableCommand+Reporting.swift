import ArgumentParser
import Diagnostics

extension ParsableCommand {
    /// Runs `body` with room for a session, reports its mistakes, and ends with the status that tells whose
    /// they are.
    func runReporting(_ body: @escaping @Sendable (TerminalFrontEnd) throws -> Int32) throws {
        Interruption.install()
        let status = try onBigStack {
            let frontEnd = TerminalFrontEnd()
            do {
                return try body(frontEnd)
            } catch let diagnostic as UsageDiagnostic {
                frontEnd.report(diagnostic.diagnostic)
                return 2
            } catch let diagnostic as Diagnostic {
                frontEnd.report(diagnostic)
                return Interruption.status
            } catch {
                frontEnd.notice("error: \(error)")
                return 1
            }
        }
        if status != 0 { throw ExitCode(status) }
    }
}
