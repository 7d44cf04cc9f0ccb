import Diagnostics
import PairedData

extension SetScan {
    /// How the set differs from what was published, in pairs and sequences; lists are counted where they are
    /// there.
    func publishedFindings() throws(Diagnostic) -> [Inspection.Finding] {
        guard let published else { return [] }
        let layout = published.layout
        var findings: [Inspection.Finding] = []
        func judge(_ what: String, _ pairs: Int, _ sequences: Int?, _ expected: PublishedLayout.Counts?) {
            guard let expected else { return }
            let isOff = sequences != nil && expected.sequences != nil && sequences != expected.sequences
            guard pairs != expected.pairs || isOff else { return }
            let isCounted = sequences != nil && expected.sequences != nil
            let mine = "\(pairs) pairs" + (isCounted ? " in \(sequences ?? 0) sequences" : "")
            let theirs = "\(expected.pairs)" + (isCounted ? " in \(expected.sequences ?? 0)" : "")
            findings.append(
                Inspection.Finding(
                    problem: .counts,
                    text: "\(what) has \(mine); \(layout.name) was published with \(theirs)"))
        }
        if layout.isDividedByFolders {
            for split in layout.splits {
                let mine = units.filter { $0.split == split }
                guard !mine.isEmpty else { continue }
                judge(split, mine.reduce(0) { $0 + $1.sharp.count }, mine.count, layout.counts[split])
            }
        } else {
            judge("the set", units.reduce(0) { $0 + $1.sharp.count }, units.count, layout.whole)
            for split in layout.splits {
                for list in try published.lists(of: split) {
                    judge(list, try PairList.lines(of: list).count, nil, layout.counts[split])
                }
            }
        }
        return findings
    }
}
