import Diagnostics
import Graph
import Images
import OrderedCollections

/// An architecture as an image, drawn by Graphviz, or in characters: each use of a role is a box,
/// boxes of one colour use the same weights, scales are frames.
public struct Diagram: Sendable {
    public enum Format: String, Sendable, CaseIterable { case svg, png, pdf }

    private let graph: Graph
    let title: String
    /// The box that each node belongs to.
    private var boxOfNode: [Int] = []
    private var boxes: [Box] = []

    private struct Box {
        let label: String
        /// The weights it uses; `nil` for what has none.
        let weights: String?
        /// The frame it stands in.
        var scale: String?
        var nodes: [Int]
    }

    public init(_ graph: Graph, title: String) {
        self.graph = graph
        self.title = title
        findBoxes()
    }

    /// Boxes drawn, and the colours among them.
    public var boxCount: Int { boxes.count }
    public var weightSetCount: Int { Set(boxes.compactMap(\.weights)).count }

    public func file(_ format: Format) throws(Diagnostic) -> [UInt8] {
        if format == .svg || format == .pdf { return try Tool.dot.run(["-T\(format.rawValue)"], on: dot) }
        return try Tool.dot.run(["-Tpng", "-Gdpi=80"], on: dot)
    }

    public func image() throws(Diagnostic) -> Image {
        try decodeImage(file(.png), named: "Graphviz's image").image
    }

    // MARK: Boxes

    private mutating func findBoxes() {
        // The innermost pass of each node: a pass inside another ends first.
        var useOfNode = [Int?](repeating: nil, count: graph.nodes.count)
        for (index, use) in graph.roleUses.enumerated() {
            for node in use.nodes where useOfNode[node] == nil { useOfNode[node] = index }
        }
        boxOfNode = [Int](repeating: 0, count: graph.nodes.count)
        var boxOfUse: [Int: Int] = [:]
        for index in graph.nodes.indices {
            if let use = useOfNode[index] {
                if let box = boxOfUse[use] {
                    boxes[box].nodes.append(index)
                    boxOfNode[index] = box
                    continue
                }
                boxOfUse[use] = boxes.count
                let scale = graph.roleUses[use].indices.first { $0.name == "scale" }?.value
                boxes.append(
                    Box(
                        label: graph.roleUses[use].role, weights: graph.roleUses[use].weights, scale: scale,
                        nodes: [index]))
            } else {
                let node = graph.nodes[index]
                let weights = graph.weight(of: node).map { graph[$0].name }
                boxes.append(Box(label: node.operation.kind, weights: weights, scale: nil, nodes: [index]))
            }
            boxOfNode[index] = boxes.count - 1
        }
        frameTheRest()
    }

    /// What stands outside of all passes is done for the scale whose pass comes next.
    private mutating func frameTheRest() {
        var next: String?
        for index in boxes.indices.reversed() {
            if let scale = boxes[index].scale { next = scale }
            if boxes[index].scale == nil, boxes[index].label != "input" { boxes[index].scale = next }
        }
        var last: String?
        for index in boxes.indices {
            if boxes[index].scale == nil, boxes[index].label != "input" { boxes[index].scale = last }
            last = boxes[index].scale
        }
    }

    // MARK: Graphviz's language

    /// The script for `dot`.
    public var dot: String {
        var lines = [
            "digraph {", "rankdir=LR; newrank=true; nodesep=0.18; ranksep=0.3; fontname=sans; labelloc=t;",
            "label=\(quoted(title));",
            "node [fontname=sans, fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=white];",
            "edge [arrowsize=0.6, color=\"#606060\"];",
        ]
        var frames: OrderedDictionary<String, [Int]> = [:]
        for (index, box) in boxes.enumerated() { frames[box.scale ?? "", default: []].append(index) }
        for (scale, members) in frames {
            if !scale.isEmpty {
                lines.append(
                    "subgraph \(quoted("cluster_\(scale)")) { label=\(quoted("scale \(scale)")); color=\"#a0a0a0\";"
                )
            }
            lines += members.map(node)
            if !scale.isEmpty { lines.append("}") }
        }
        // Both ends of the scales stand below each other in the order of the scales; one end alone does not
        // hold them.
        let firsts = frames.filter { !$0.key.isEmpty }.values.compactMap { members in
            members.first { boxes[$0].weights != nil }.map { "b\($0)" }
        }
        let columns = column(firsts) + column(graph.outputs.indices.map { "o\($0)" })
        return (lines + edges + outputs + columns + ["}", ""]).joined(separator: "\n")
    }

    private func column(_ names: [String]) -> [String] {
        names.count > 1 ? ["{ rank=same; edge [style=invis]; \(names.joined(separator: " -> ")); }"] : []
    }

    private func node(_ index: Int) -> String {
        let box = boxes[index]
        let shape = graph.nodes[box.nodes[box.nodes.count - 1]].shape
        guard let weights = box.weights else {
            return
                "b\(index) [label=\(quoted("\(box.label)\n\(shape)")), fontsize=9, shape=plain, style=\"\"];"
        }
        let label = "\(weights)\n\(shape)\n\(weightCount(box)) weights"
        return "b\(index) [label=\(quoted(label)), fillcolor=\"\(colour(of: weights))\"];"
    }

    private func weightCount(_ box: Box) -> Int {
        Set(box.nodes.flatMap { graph.parameters(of: NodeID($0)) }).reduce(0) { $0 + graph[$1].count }
    }

    /// Hues a golden angle apart, in order of first use: neighbours differ, and none comes twice.
    private func colour(of weights: String) -> String {
        let place = OrderedSet(boxes.compactMap(\.weights)).firstIndex(of: weights) ?? 0
        let hue = (Double(place) * 0.618034).truncatingRemainder(dividingBy: 1)
        // Two tints, so that twice as many are told apart.
        return "\(hue) \(place % 2 == 0 ? 0.32 : 0.16) 0.98"
    }

    /// The edges from each box to those that read it, each once.
    var boxEdges: [(from: Int, to: Int)] {
        var found: OrderedSet<[Int]> = []
        for index in graph.nodes.indices {
            for input in graph.nodes[index].inputs where boxOfNode[input.index] != boxOfNode[index] {
                found.append([boxOfNode[input.index], boxOfNode[index]])
            }
        }
        return found.map { ($0[0], $0[1]) }
    }

    private var edges: [String] {
        boxEdges.map { from, to in
            // Between scales an edge must not pull the frames apart.
            let crosses = boxes[from].scale != boxes[to].scale && boxes[from].scale != nil
            return "b\(from) -> b\(to)\(crosses ? " [constraint=false]" : "");"
        }
    }

    /// What is said of each box, in their order.
    var boxLines: [(label: String, shape: String, weights: String, output: String, scale: String?)] {
        boxes.enumerated().map { index, box in
            let outputs = graph.outputs.indices.filter { boxOfNode[graph.outputs[$0].index] == index }
            return (
                label: box.weights ?? box.label,
                shape: "\(graph.nodes[box.nodes[box.nodes.count - 1]].shape)",
                weights: box.weights == nil ? "" : "\(weightCount(box)) weights",
                output: outputs.map { "→ output \($0 + 1)" }.joined(separator: "  "), scale: box.scale
            )
        }
    }

    private var outputs: [String] {
        graph.outputs.enumerated().map { index, output in
            "o\(index) [label=\"output \(index + 1)\", shape=ellipse, style=bold];\nb\(boxOfNode[output.index]) -> o\(index);"
        }
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            + "\""
    }
}
