import OrderedCollections
import Runs

/// What a row of an experiment is computed from, and what it has recorded, while it is computed.
package final class RowRecorder {
    package let store: RunStore
    /// Trainings whose state is needed beside their weights.
    package let resumed: Set<String>
    package let columns = RowColumns()
    /// Hashes of the runs used so far, in order.
    package private(set) var hashes: OrderedSet<String> = []
    /// The provenance of each run: one that was computed again within the row counts once.
    private var provenanceOf: OrderedDictionary<String, RunProvenance> = [:]
    package var provenances: [RunProvenance] { Array(provenanceOf.values) }
    /// Whether any of them was computed for this row.
    package private(set) var hasComputed = false
    /// Definitions of the metrics that it was scored by: `ssim gaussian`.
    package private(set) var metrics: Set<String> = []

    package init(store: RunStore, resumed: Set<String>) { (self.store, self.resumed) = (store, resumed) }

    package func use(_ run: String, _ provenance: RunProvenance?, isNew: Bool = false) {
        hashes.append(run)
        if let provenance { provenanceOf[run] = provenance }
        if isNew { hasComputed = true }
    }

    package func note(metrics names: [String]) { metrics.formUnion(names) }
}
