import Data
import Diagnostics
import Training
import Workbench

extension Workbench {
    /// Makes the pairs of a training ahead, and those that it is validated on.
    func prepare(_ task: TrainingTask) throws(Diagnostic) {
        try prepare(task.data)
        if let data = task.validationData { try prepare(data) }
    }

    /// Makes a data set's pairs ahead, where they are made.
    package func prepare(_ data: any Dataset) throws(Diagnostic) {
        try inBackground("making \(data.name)") { [stop = configuration.stop] observe throws(Diagnostic) in
            try data.prepare(stop: stop, observe: observe)
        }
    }
}
