import Diagnostics
import Engine
import Graph

extension TrainingSettings {
    /// What trains a network as the settings say.
    func execution(_ graph: Graph, _ plan: Plan) throws(Diagnostic) -> Execution {
        let execution = try Execution(trainingGraph(of: graph), plan, averagesWeights: average != nil)
        execution.treatment = treatment(of: graph)
        return execution
    }
}
