import Graph
import Operators
import ReferenceEngine
import Testing

struct ReceptiveFieldMarginTests {
    @Test(arguments: [
        (3, 1, 1), (1, 1, 0), (5, 1, 2), (7, 1, 1), (5, 1, 4), (2, 2, 0), (4, 2, 1), (3, 3, 0), (5, 3, 1),
    ])
    func `a convolution reaches as far as its kernel`(kernel: Int, stride: Int, padding: Int) {
        var builder = GraphBuilder()
        let fine = builder.input(channels: 1)
        let coarse = builder.convolution(fine, 2, kernel: kernel, stride: stride, padding: padding)
        let result = builder.resize(builder.restored(coarse), to: .one)
        let graph = builder.graph(outputs: [result])
        let multiple = graph.sizeMultiple
        let found = measuredMargin(
            of: graph, start: 6 * multiple, length: 24 * multiple, whole: 40 * multiple)
        #expect(graph.margin == found)
    }

    @Test(arguments: [(4, 2, 1), (2, 2, 0), (6, 2, 2), (3, 3, 0), (5, 3, 1), (3, 1, 1)])
    func `a transposed convolution spreads what it is given`(kernel: Int, stride: Int, padding: Int) {
        var builder = GraphBuilder()
        let input = builder.input(channels: 1)
        let wide = builder.transposedConvolution(
            builder.convolution(input, 2), 2, kernel: kernel, stride: stride, padding: padding)
        let result = builder.downsize(wide, by: stride)
        let graph = builder.graph(outputs: [result])
        #expect(graph.margin == measuredMargin(of: graph, start: 12, length: 36, whole: 60))
    }

    @Test(arguments: [Scale(1, 2), Scale(2, 1), Scale(2, 3), Scale(3, 4), Scale(1, 4), Scale(3, 2)])
    func `a resize reaches the pixels that it lies between`(scale: Scale) {
        var builder = GraphBuilder()
        let input = builder.convolution(builder.input(channels: 1), 1)
        let other = builder.convolution(builder.resize(input, to: MapSize(scale)), 1)
        let result = builder.resize(other, to: .one)
        let graph = builder.graph(outputs: [result])
        #expect(graph.margin == measuredMargin(of: graph, start: 24, length: 60, whole: 120))
    }

    @Test func `a network of scales and levels reaches as far as trying finds`() {
        var builder = GraphBuilder()
        let input = builder.input(channels: 1)
        let small = builder.downsize(input, by: 4)
        let coarse = builder.apply(
            Add(), small, builder.convolution(builder.convolution(small, 2, kernel: 5), 1))
        let grown = builder.apply(Detach(), builder.resize(coarse, to: .one))
        let both = builder.concatenate(input, grown)
        let first = builder.convolution(both, 3)
        let down = builder.relu(builder.convolution(first, 4, kernel: 5, stride: 2))
        let shuffled = builder.pixelShuffle(builder.convolution(down, 4), by: 2)
        let up = builder.transposedConvolution(down, 3)
        let sum = builder.apply(Add(), first, up)
        let product = builder.apply(Multiply(), builder.slice(sum, 1..<2), shuffled)
        let result = builder.convolution(product, 1)
        let graph = builder.graph(outputs: [result])
        #expect(graph.margin == measuredMargin(of: graph, start: 64, length: 160, whole: 288))
        #expect(graph.margin?.leading != graph.margin?.trailing)
    }

    @Test func `what looks at single pixels has no margin`() {
        var builder = GraphBuilder()
        let input = builder.input(channels: 3)
        let result = builder.relu(builder.convolution(input, 3, kernel: 1))
        let graph = builder.graph(outputs: [result])
        #expect(graph.margin == ReceptiveFieldMargin(leading: 0, trailing: 0))
    }
}
