import Engine
import Graph

extension TrainingSettings {
    /// What the optimiser does differently for each parameter of a network.
    package func treatment(of graph: Graph) -> ParameterTreatment {
        ParameterTreatment(graph) { id in
            var own = ParameterTreatment.Own()
            own.decays = decayExemption.lets(graph[id])
            return own
        }
    }
}
