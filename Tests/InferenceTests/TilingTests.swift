import Diagnostics
import Engine
import Files
import FirstWeights
import Graph
import Images
import Inference
import Machine
import Operators
import Samples
import TestSupport
import Testing

struct TilingTests {
    private func demand(
        _ width: Int, _ height: Int, planes: Int = 3, multiple: Int = 8, margin: Int = 24, perPixel: Int = 100
    ) -> Tiling.Demand {
        Tiling.Demand(
            width: width, height: height, planes: planes, multiple: multiple,
            margin: ReceptiveFieldMargin(leading: margin, trailing: margin)
        ) { batch, height, width in 50_000 + batch * height * width * perPixel }
    }

    /// Every position of a side is kept in whole, by one stretch or by two that share it.
    private func check(_ stretches: [TileSpan], length: Int, multiple: Int) {
        for position in 0..<length {
            let weights = stretches.map { $0.weight(at: position) }
            #expect(abs(weights.reduce(0, +) - 1) < 1e-6, "position \(position)")
            #expect(weights.count { $0 > 0 } <= 2)
        }
        for stretch in stretches {
            #expect(stretch.start % multiple == 0 && stretch.length % multiple == 0)
            #expect(stretch.start >= 0 && stretch.start + stretch.length <= length)
            #expect(stretch.kept.lowerBound >= stretch.start)
            #expect(stretch.kept.upperBound <= stretch.start + stretch.length)
        }
        #expect(Set(stretches.map(\.length)).count == 1)
    }

    @Test func `stretches cover a side, and keep clear of what a cut shows in`() {
        let margin = ReceptiveFieldMargin(leading: 11, trailing: 5)
        for length in stride(from: 40, through: 400, by: 24) {
            for longest in stride(from: 32, through: 120, by: 8) {
                let exact = TileSpan.cut(length, longest: longest, overlap: 16, multiple: 8, margin: margin)
                check(exact, length: length, multiple: 8)
                #expect(exact.allSatisfy { $0.length <= longest || exact.count == 1 })
                for (left, right) in zip(exact, exact.dropFirst()) {
                    #expect(left.kept.upperBound == right.kept.lowerBound)
                    #expect(right.kept.lowerBound - right.start >= margin.leading)
                    #expect(left.start + left.length - left.kept.upperBound >= margin.trailing)
                }
                check(
                    TileSpan.cut(
                        length, longest: longest, overlap: longest / 4 / 8 * 8, multiple: 8, margin: nil),
                    length: length, multiple: 8)
            }
        }
    }

    @Test func `what fits goes in one piece, all channels together if they can`() throws {
        let demand = demand(400, 296)
        let whole = try Tiling(demand, budget: 50_000 + 3 * 400 * 296 * 100)
        #expect(whole.count == 1 && whole.batch == 3 && whole.isExact)
        let each = try Tiling(demand, budget: 50_000 + 3 * 400 * 296 * 100 - 1)
        #expect(each.count == 1 && each.batch == 1 && each.isExact)
    }

    @Test func `what does not fit goes in tiles that do, exact while that is not too dear`() throws {
        for share in [2, 3, 5, 9, 20, 100, 700] {
            let demand = demand(1600, 1200)
            let budget = 50_000 + 1600 * 1200 * 100 / share
            let tiling = try Tiling(demand, budget: budget)
            let (width, height) = (tiling.columns[0].length, tiling.rows[0].length)
            #expect(try demand.bytes(tiling.batch, height, width) <= budget)
            check(tiling.columns, length: 1600, multiple: 8)
            check(tiling.rows, length: 1200, multiple: 8)
            #expect(tiling.isExact == (share <= 100), "a \(share)th of the memory")
            #expect(tiling.work < 4 * 1600 * 1200)
            // Tiles as large as they may be.
            #expect(share == 700 || Double(width * height) > 0.5 * 1600 * 1200 / Double(share))
        }
    }

    @Test func `a margin beyond the image leaves tiles that fade into one another`() throws {
        let tiling = try Tiling(demand(1600, 1200, margin: 5000), budget: 50_000 + 400 * 400 * 100)
        #expect(!tiling.isExact && tiling.count > 1)
        #expect(tiling.work < 3 * 1600 * 1200)
        let overlaps = zip(tiling.columns, tiling.columns.dropFirst()).map {
            $0.start + $0.length - $1.start
        }
        #expect(overlaps.allSatisfy { $0 >= tiling.columns[0].length / 8 })
    }

    @Test func `too little memory for any tile is told with both numbers`() {
        let found = message { () throws(Diagnostic) in _ = try Tiling(demand(1600, 1200), budget: 55_000) }
        #expect(
            found == """
                error[not-enough-memory]: 56.4 KB are needed for the smallest tile of an image, and 55 KB are left for it
                   = hint: allow more by `memory`, or use a narrower network

                """)
    }

    @Test func `where the image itself takes the memory, that is said`() {
        let found = diagnostic { () throws(Diagnostic) in
            _ = try Tiling(demand(1600, 1200), budget: 0, taken: 15_360_000)
        }
        #expect(found?.notes == ["the image and its result take 15.4 MB of `memory`"])
    }

    // MARK: Images

    private func model(_ graph: Graph, _ colour: InputColour = .luma) -> TrainedModel {
        TrainedModel(graph: graph, weights: graph.firstWeights(.he, seed: 3), colour: colour)
    }

    private func budget(_ graph: Graph, _ width: Int, _ height: Int, image: Image) throws -> MemorySize {
        let bytes = try Plan(
            graph, InputSize(batch: 1, height: height, width: width), purpose: .inference, threads: 2
        ).peakBytes
        return MemorySize(bytes + 2 * 4 * image.pixels.count)
    }

    private func largestDifference(_ left: Image, _ right: Image) -> Float {
        zip(left.pixels, right.pixels).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test(arguments: [InputColour.luma, .rgb])
    func `tiles that hold the margin give what one piece gives`(colour: InputColour) throws {
        let graph =
            colour == .luma ? GraphBuilder.coarseToFine(width: 4, units: 1) : GraphBuilder.tiny(channels: 3)
        let model = model(graph, colour)
        // No multiple of 4, so that the grown edge is in play as well.
        let image = SampleImages.waves(1, width: 317, height: 229).pairs[0].blurred
        let whole = try model.deblur(image, threads: 2)
        for side in [160, 200] {
            let restorer = Restorer(
                model, threads: 2, memory: try budget(graph, side, side, image: image))
            var parts: [Double] = []
            let tiled = try restorer(image, observe: { parts.append($0) })
            #expect(tiled.tiles > 1 && tiled.seams == nil)
            // Random weights make values larger than an image's, and rounding with them.
            let size = max(1, whole.pixels.map(abs).max() ?? 1)
            #expect(largestDifference(tiled.image, whole) < 1e-5 * size, "values up to \(size)")
            #expect(
                parts == parts.sorted() && parts.last == 1
                    && parts.count == tiled.tiles * (colour == .luma ? 3 : 1))
        }
    }

    @Test func `where tiles cannot hold the margin the difference is measured`() throws {
        let graph = GraphBuilder.coarseToFine(width: 4, units: 3)
        let model = model(graph)
        let image = SampleImages.waves(1, width: 200, height: 160, channels: 1).pairs[0].blurred
        let whole = try model.deblur(image, threads: 2)
        let restorer = Restorer(model, threads: 2, memory: try budget(graph, 64, 64, image: image))
        let tiled = try restorer(image)
        #expect(try #require(graph.margin).leading > 32)
        let seams = try #require(tiled.seams)
        let difference = largestDifference(tiled.image, whole)
        // What two tiles make of one pixel is off the truth by half of what they differ by, or somewhat more.
        #expect(seams.largest > 0 && seams.typical > 0 && seams.typical < Double(seams.largest))
        #expect(difference > seams.largest / 20 && difference < 20 * seams.largest)
    }

    @Test func `an image in tiles can be stopped between two of them`() throws {
        let graph = GraphBuilder.tiny()
        let image = SampleImages.waves(1, width: 200, height: 200, channels: 1).pairs[0].blurred
        let restorer = Restorer(
            model(graph), threads: 1, memory: try budget(graph, 96, 96, image: image))
        let stop = StopFlag()
        var seen = 0
        let stopped = diagnostic { () throws(Diagnostic) in
            _ = try restorer(image, stop: stop) { _ in
                seen += 1
                if seen == 2 { stop.request() }
            }
        }
        #expect(stopped == .stopped && seen == 2)
    }

    @Test(arguments: [
        ("2 GB", 2_000_000_000), ("512mb", 512_000_000), ("1.5 GiB", 1_610_612_736), ("64 kib", 65536),
        ("8 B", 8),
    ])
    func `an amount of memory is a number and a unit`(text: String, bytes: Int) throws {
        #expect(try MemorySize(parsing: text).bytes == bytes)
    }

    @Test(arguments: ["", "2", "GB", "two GB", "-1 GB", "1e9 B", "2 XB", "0 GB", "9999999999 TB", "nan GB"])
    func `other texts are no amount of memory`(text: String) {
        let found = message { () throws(Diagnostic) in _ = try MemorySize(parsing: text) }
        #expect(found.hasPrefix("error[bad-memory]: \"\(text)\" is not an amount of memory\n"))
    }

    @Test func `free memory is some, and written short`() {
        #expect(MemorySize.free.bytes > 1_000_000)
        #expect(MemorySize(2_000_000_000).description == "2 GB")
        #expect(MemorySize(1_540_000).description == "1.5 MB")
        #expect(MemorySize(123_456_789).description == "123 MB")
        #expect(MemorySize(999).description == "999 bytes")
    }
}
