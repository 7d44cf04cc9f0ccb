import Data
import Diagnostics
import Workbench

extension Workbench {
    /// Makes a data set's pairs ahead, where they are made.
    package func prepare(_ data: any Dataset) throws(Diagnostic) {
        try inBackground("making \(data.name)") { [stop = configuration.stop] observe throws(Diagnostic) in
            try data.prepare(stop: stop, observe: observe)
        }
    }
}
