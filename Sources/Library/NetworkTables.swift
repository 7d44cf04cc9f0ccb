import Diagnostics
import Engine
import Graph
import Tables

// Graph analyses as tables for people.

extension GraphSummary {
    package func table(of graph: Graph) -> TextTable {
        var table = TextTable(columns: [
            .init("size"), .init("role", isAttached: true), .init("channels"), .init("convs", .right),
            .init("weights", .right),
            .init("weights × uses", .right), .init("MACs", .right),
        ])
        for level in levels {
            for (index, row) in level.rows.enumerated() {
                table.append([
                    index == 0 ? "\(level.height)×\(level.width)" : "",
                    row.role.isEmpty ? "–" : row.role,
                    row.channels.map(String.init).joined(separator: ", "),
                    grouped(row.calls), grouped(row.uniqueParameters), grouped(row.parameterUses),
                    scaled(row.multiplyAccumulates),
                ])
            }
        }
        let rows = levels.flatMap(\.rows)
        table.append([
            "total", "", "", grouped(rows.reduce(0) { $0 + $1.calls }), grouped(graph.parameterCount),
            grouped(graph.parameterUses), scaled(graph.multiplyAccumulates(height: height, width: width)),
        ])
        return table
    }
}

extension Plan {
    /// Every kernel, then their sum and the memory that they take.
    package func table(of graph: Graph) -> TextTable {
        var table = TextTable(columns: [
            .init("pass"), .init("node", isAttached: true), .init("kernel"), .init("method"),
            .init("MACs", .right),
            .init("multiplications", .right), .init("bytes", .right),
        ])
        func count(_ value: Int) -> String { value == 0 ? "" : scaled(value) }
        if keptPackings > 0 {
            table.append([
                "weights", "", "\(keptPackings) packed once a step", "", "", "",
                scaled(packedBytes),
            ])
        }
        let kernels = kernels
        for kernel in kernels {
            table.append([
                kernel.phase.rawValue, graph[kernel.node].name, kernel.work, kernel.method,
                count(kernel.multiplyAccumulates), count(kernel.multiplications), scaled(kernel.bytes),
            ])
        }
        if purpose == .training {
            let sum = replicas > 1 ? "sum of the threads' gradients, " : ""
            table.append(["update", "", sum + "optimiser", "", "", "", scaled(parameterBytes)])
        }
        table.append([
            "total", "", "\(kernels.count) kernels\(divisionWords)", "",
            scaled(kernels.reduce(0) { $0 + $1.multiplyAccumulates }),
            scaled(kernels.reduce(0) { $0 + $1.multiplications }),
            scaled(kernels.reduce(0) { $0 + $1.bytes }),
        ])
        if graph.margin == nil {
            table.append(["tiles", "", "inexact: statistics of the whole image", "", "", "", ""])
        }
        for (name, bytes) in memoryRows { table.append(["memory", "", name, "", "", "", scaled(bytes)]) }
        return table
    }

    private var divisionWords: String {
        let groups = microbatches.map(String.init).joined(separator: ", then ")
        return (microbatches == [1] ? "" : ", in \(groups) groups of images")
            + ", on \(counted(threads, "thread"))" + (replicas > 1 ? ", each with images of its own" : "")
    }

    private var memoryRows: [(String, Int)] {
        [
            ("feature maps", mapBytes), ("kernels' workspace", workspaceBytes),
            (purpose == .training ? "weights, gradients, moments" : "weights", parameterBytes),
            ("packed weights", packedBytes), ("all of it", peakBytes),
        ]
    }
}

extension SharingLedger {
    package var table: TextTable {
        var table = TextTable(columns: [
            .init("role"), .init("weights", isAttached: true), .init("count", .right), .init("used", .right),
            .init("by"),
        ])
        var previous = ""
        for entry in entries {
            table.append([
                entry.role == previous ? "" : entry.role, entry.weights, grouped(entry.parameters),
                "\(entry.uses.count)×", entry.uses.joined(separator: "; "),
            ])
            previous = entry.role
        }
        return table
    }
}

extension GraphDifference {
    /// Names beyond this many are counted, not listed.
    private static let namesListed = 6

    package var table: TextTable {
        var table = TextTable(columns: [
            .init("what"), .init("first", .right), .init("second", .right), .init("change", .right),
        ])
        func add(_ title: String, _ rows: [Row]) {
            for row in rows where row.left != row.right {
                let change = row.right - row.left
                table.append([
                    "\(title) \(row.subject)", grouped(row.left), grouped(row.right),
                    (change > 0 ? "+" : "−") + grouped(abs(change)),
                ])
            }
        }
        add("weights:", parameters)
        add("sets of weights:", weightSets)
        add("layers:", layers)
        add("cost:", [multiplyAccumulates])
        for (title, names) in [
            ("only in the first", onlyLeft), ("only in the second", onlyRight),
            ("of another shape", reshaped),
        ] where !names.isEmpty {
            for name in names.prefix(Self.namesListed) { table.append(["\(title): \(name)", "", "", ""]) }
            let rest = names.count - Self.namesListed
            if rest > 0 { table.append(["\(title): and \(grouped(rest)) more", "", "", ""]) }
        }
        if table.rows.isEmpty { table.append(["nothing", "", "", ""]) }
        return table
    }
}
