import Diagnostics
import Drawing
import Graph
import Images
import Layers
import LossCurves
import Operators
import Testing

struct CurvePlotTests {
    private let curves = [
        CurvePlot.Curve(
            name: "it's <one> & only",
            points: (1...60).map {
                LossPoint(step: $0, loss: 1 / Double($0), psnr: 20 + Double($0) / 10, learningRate: 1e-4)
            }),
        CurvePlot.Curve(
            name: "short", points: [LossPoint(step: 1, loss: 0.5, psnr: .infinity, learningRate: 1e-4)]),
    ]

    @Test func `a running mean is the mean of what is near`() {
        let values = (0..<45).map { Double($0 * $0 % 17) } + [.infinity]
        let means = CurvePlot.runningMean(values)
        for place in values.indices {
            let near = (place - 2...place + 2).filter { values.indices.contains($0) }.map { values[$0] }
                .filter(\.isFinite)
            #expect(abs(means[place] - near.reduce(0, +) / Double(near.count)) < 1e-12)
        }
        #expect(CurvePlot.runningMean([3, 4]) == [3, 4])
    }

    @Test func `letters stay in the room, without escapes`() throws {
        let text = try CurvePlot(curves).text(columns: 70, rows: 40)
        #expect(text.split(separator: "\n").allSatisfy { $0.count < 70 })
        #expect(!text.contains("\u{1B}") && !text.contains("\u{0C}"))
        #expect(text.contains("PSNR of the batch, dB") && text.contains("it's <one> & only"))
    }

    @Test func `validations are drawn beside the batches' PSNR`() throws {
        var points = curves[0].points
        for place in stride(from: 9, to: points.count, by: 10) { points[place].validation = 22 }
        let validated = CurvePlot([CurvePlot.Curve(name: "a", points: points)])
        #expect(try validated.text(columns: 70, rows: 40).contains("and of validations (points)"))
        let plain = CurvePlot([CurvePlot.Curve(name: "a", points: curves[0].points)])
        #expect(try validated.file(.svg).count > plain.file(.svg).count)
    }

    @Test func `files are what their endings say`() throws {
        let plot = CurvePlot(curves)
        let svg = String(decoding: try plot.file(.svg), as: UTF8.self)
        #expect(svg.contains("<svg") && svg.contains("&lt;one> &amp; only"))
        let image = try plot.image(width: 500)
        #expect(image.width == 500 && image.height == 200 + 17 * curves.count)
        // Not an empty page.
        #expect(Set(image.quantised()).count > 20)
    }
}

struct DiagramTests {
    /// Two passes of one role at two scales, and a convolution outside of any.
    private func graph(weights: String = "body", scale: String = "") -> Graph {
        let parameters = [
            Parameter(name: "body.conv1.weight", kind: .weight, shape: [4, 1, 3, 3]),
            Parameter(name: "body.conv1.bias", kind: .bias, shape: [4]),
            Parameter(name: "conv1.weight", kind: .weight, shape: [1, 4, 3, 3]),
            Parameter(name: "conv1.bias", kind: .bias, shape: [1]),
        ]
        func node(
            _ operation: any Operator, _ inputs: [Int], weight: Int? = nil, channels: Int = 4,
            _ name: String
        ) -> Node {
            Node(
                operation: operation, inputs: inputs.map { NodeID($0) },
                parameters: weight.map { [ParameterID($0), ParameterID($0 + 1)] } ?? [],
                shape: Shape(channels: channels), name: name)
        }
        let nodes = [
            node(Input(channels: 1), [], channels: 1, "input"),
            node(Convolution(channels: 4, kernel: 3), [0], weight: 0, "body.conv1"),
            node(ReLU(), [1], "body.relu1"),
            node(Convolution(channels: 4, kernel: 3), [0], weight: 0, "body.conv1"),
            node(Add(), [2, 3], "sum"),
            node(Convolution(channels: 1, kernel: 3), [4], weight: 2, channels: 1, "conv1"),
        ]
        func pass(_ number: String, _ nodes: Range<Int>) -> RoleUse {
            RoleUse(
                role: "body", weights: weights, indices: [.init(name: "scale", value: number + scale)],
                nodes: nodes)
        }
        return Graph(
            nodes: nodes, parameters: parameters, outputs: [NodeID(5)],
            roleUses: [pass("1", 1..<3), pass("2", 3..<4)])
    }

    @Test func `role uses are boxes, scales are frames, and shared weights have one colour`() {
        let diagram = Diagram(graph(), title: "a \"title\"")
        #expect(diagram.boxCount == 5)
        #expect(diagram.weightSetCount == 2)
        let lines = diagram.dot.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.contains("cluster_1") } && lines.contains { $0.contains("cluster_2") })
        let colours = lines.filter { $0.contains("label=\"body\\n") }.compactMap {
            $0.split(separator: "fillcolor=").last
        }
        #expect(colours.count == 2 && Set(colours).count == 1)
        // What happens inside a pass is no edge.
        #expect(lines.filter { $0.contains(" -> ") && !$0.contains("invis") }.count == 6)
        #expect(diagram.dot.contains("label=\"a \\\"title\\\"\""))
    }

    @Test func `in characters each box has a line, with lanes from what it reads`() {
        #expect(
            Diagram(graph(), title: "small").text(columns: 80) == """
                small
                 ┌─●   input         1 channel
                 │  ── scale 1 ──
                ┌┼─● ↓ body          4 channels  40 weights
                ││  ── scale 2 ──
                │└─▶   body          4 channels  40 weights
                └──▶ ↓ sum           4 channels
                     ↓ conv1.weight  1 channel   37 weights  → output 1

                """)
    }

    @Test func `in characters no line is wider than the window`() {
        let lines = Diagram(graph(), title: "small").text(columns: 24).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 24 })
        #expect(lines.contains { $0.contains("body") })
    }

    @Test func `wide characters count for two columns where a line is cut, in titles and scales too`() {
        let wide = String(repeating: "漢字", count: 20)
        let lines = Diagram(graph(weights: wide, scale: wide), title: wide).text(columns: 25)
            .split(separator: "\n").map(String.init)
        // A character that would need a twenty-sixth column is left out whole.
        #expect(lines[0] == String(repeating: "漢字", count: 6))
        let scales = lines.filter { $0.contains("scale") }
        #expect(scales.count == 2 && scales.allSatisfy { $0.hasSuffix("漢字漢") })
        #expect(lines.contains { $0.contains("↓ 漢") })
        #expect(lines.allSatisfy { displayWidth($0) <= 25 })
    }

    @Test func `Graphviz draws it`() throws {
        let diagram = Diagram(graph(), title: "small")
        let svg = String(decoding: try diagram.file(.svg), as: UTF8.self)
        #expect(svg.contains("scale 1") && svg.contains("output 1") && svg.contains("40 weights"))
        let image = try diagram.image()
        #expect(image.width > 100 && Set(image.quantised()).count > 20)
    }

    @Test func `a program that is not there is named with its package`() {
        let tool = Tool(name: "no-such-program", debianPackage: "some-package")
        #expect(throws: Diagnostic.self) { try tool.run([], on: "") }
        do { _ = try tool.run([], on: "") } catch {
            #expect(error.hint == "on Debian or Ubuntu: apt install some-package")
        }
    }

    @Test func `what a program says goes into the mistake`() {
        do {
            _ = try Tool.gnuplot.run([], on: "plot nonsense(x)\n")
            Issue.record("gnuplot drew nonsense")
        } catch {
            #expect(error.code == "drawing-failed")
            #expect(error.notes.joined().contains("nonsense"))
        }
    }
}
