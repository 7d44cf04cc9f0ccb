import Diagnostics
import Evaluation
import Language
import Machine
import Syntax
import Workbench

extension Session {
    /// Evaluates, and tells what it cost: seconds, multiply-accumulates a second, and the most memory in use
    /// meanwhile.
    func time(_ expression: LocatedExpression) throws(Diagnostic) -> Value {
        let before = workbench.meter.multiplyAccumulates
        PeakMemory.begin()
        let clock = Stopwatch()
        let value = try interpreter.evaluate(expression)
        let seconds = clock.seconds
        guard workbench.mode.computes else { return value }
        var facts = [duration(seconds)]
        let work = workbench.meter.multiplyAccumulates - before
        if work > 0 { facts.append("\(scaled(Int(min(work / seconds, 1e18))))MAC/s") }
        if let bytes = PeakMemory.bytes { facts.append("at most \(memorySize(bytes)) of memory") }
        frontEnd.notice(facts.joined(separator: ", "))
        return value
    }
}
