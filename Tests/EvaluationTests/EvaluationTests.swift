import Data
import Diagnostics
import Engine
import Evaluation
import Graph
import Images
import Inference
import Machine
import Samples
import TestSupport
import Testing

struct EvaluationTests {
    /// A network as it starts, or with weights that are set by hand.
    private func model(
        _ graph: Graph, colour: InputColour = .luma, change: (inout Weights) -> Void = { _ in }
    ) -> TrainedModel {
        var weights = Weights(zerosFor: graph)
        change(&weights)
        return TrainedModel(graph: graph, weights: weights, colour: colour)
    }

    @Test func `an identity scores as the blurred image does`() throws {
        // 47×41 is no multiple of 4: the image is padded for the network and cropped back.
        let data = SampleImages.waves(3, width: 47, height: 41)
        let scores = try evaluate(Restorer(model(GraphBuilder.coarseToFine()), threads: 1), on: data)
        #expect(scores.restored.psnr == scores.blurred.psnr)
        #expect(scores.restored.ssim == scores.blurred.ssim)
        #expect(scores.restored.images.count == 3)
        #expect(scores.restored.identical == 0)
        #expect(scores.seconds > 0)
        #expect(scores.restored.metrics == Metrics(psnr: .eightBit, ssim: .gaussian))
        let pairs = data.pairs
        let mean = try pairs.map { try psnr($0.blurred, against: $0.sharp) }.reduce(0, +) / 3
        #expect(abs(scores.restored.psnr - mean) < 1e-12)
        #expect(scores.restored.images.map(\.name) == ["wave-0", "wave-1", "wave-2"])
    }

    @Test func `a network for luma treats each channel as an image of its own`() throws {
        // out = in + (0.5 · in)
        let graph = pointwise(channels: 1)
        let model = model(graph) { $0[ParameterID(0)] = [0.5] }
        let image = SampleImages.waves(1).pairs[0].sharp
        let result = try model.deblur(image, threads: 1)
        #expect(result.channels == 3)
        for (found, given) in zip(result.pixels, image.pixels) { #expect(abs(found - 1.5 * given) < 1e-6) }
        let grey = try model.deblur(image.luma, threads: 1)
        #expect(grey.channels == 1)
    }

    @Test func `a network for colour mixes channels, and takes a grey image as coloured`() throws {
        // Red is increased by green.
        let model = model(pointwise(channels: 3), colour: .rgb) {
            $0[ParameterID(0)] = [0, 1, 0, 0, 0, 0, 0, 0, 0]
        }
        let image = SampleImages.waves(1).pairs[0].sharp
        let result = try model.deblur(image, threads: 1)
        #expect(abs(result[3, 2, 0] - image[3, 2, 0] - image[3, 2, 1]) < 1e-6)
        #expect(abs(result[3, 2, 1] - image[3, 2, 1]) < 1e-6)
        let grey = try model.deblur(image.luma, threads: 1)
        #expect(grey.channels == 3)
        let scores = try evaluate(Restorer(model, threads: 1), on: SampleImages.waves(2, channels: 1))
        #expect(scores.restored.images.count == 2)
    }

    private func pointwise(channels: Int) -> Graph {
        var builder = GraphBuilder()
        let input = builder.input(channels)
        return builder.graph([builder.sum(input, builder.conv(input, channels, "mix", kernel: 1))])
    }

    @Test func `self-ensemble is the mean over flips and turns`() throws {
        // Half of the left neighbour is added: seen from all sides, an eighth of each of the four.
        var builder = GraphBuilder()
        let input = builder.input(1)
        let graph = builder.graph([builder.sum(input, builder.conv(input, 1, "shift", kernel: 3))])
        let model = model(graph) { $0[ParameterID(0)] = [0, 0, 0, 0.5, 0, 0, 0, 0, 0] }
        let data = SampleImages.waves(1, width: 17, height: 13, channels: 1)
        let pair = data.pairs[0]
        var expected = pair.blurred
        for y in 0..<13 {
            for x in 0..<17 {
                for (column, row) in [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
                where (0..<17).contains(column) && (0..<13).contains(row) {
                    expected[x, y, 0] += pair.blurred[column, row, 0] / 8
                }
            }
        }
        let scores = try evaluate(Restorer(model, threads: 1, isEnsemble: true), on: data)
        #expect(abs(scores.restored.psnr - (try psnr(expected, against: pair.sharp))) < 1e-3)
        let alone = try evaluate(Restorer(model, threads: 1), on: data)
        #expect(abs(alone.restored.psnr - scores.restored.psnr) > 1e-2)
        #expect(scores.psnrGain == scores.restored.psnr - scores.blurred.psnr && scores.psnrGain != 0)
        #expect(scores.ssimGain == scores.restored.ssim - scores.blurred.ssim)
    }

    @Test func `a result beyond white is clamped before it is scored`() throws {
        let white = Image(width: 16, height: 16, channels: 1, filledWith: 1)
        let data = SampleImages(pairs: [Pair(blurred: white, sharp: white, name: "white")])
        let scores = try evaluate(
            Restorer(model(pointwise(channels: 1)) { $0[ParameterID(0)] = [0.5] }, threads: 1), on: data)
        #expect(scores.restored.psnr == .infinity)
        #expect(scores.restored.identical == 1)
        #expect(scores.psnrGain == 0)
    }

    @Test func `an image that is restored exactly does not swallow the mean`() throws {
        let sharp = SampleImages.waves(1).pairs[0].sharp
        let data = SampleImages(
            pairs: SampleImages.waves(2).pairs + [Pair(blurred: sharp, sharp: sharp, name: "still")])
        let scores = try evaluate(Restorer(model(.tiny), threads: 1), on: data)
        #expect(scores.restored.images[2].psnr == .infinity)
        #expect(scores.restored.identical == 1)
        #expect(scores.restored.psnr == (scores.restored.images[0].psnr + scores.restored.images[1].psnr) / 2)
        let gains = (0..<2).map { scores.restored.images[$0].psnr - scores.blurred.images[$0].psnr }
        #expect(scores.psnrGain == (gains[0] + gains[1]) / 2)
        #expect(abs(scores.restored.ssim - scores.restored.images.reduce(0) { $0 + $1.ssim } / 3) < 1e-12)
    }

    @Test func `images of several sizes are scored each at its own`() throws {
        let data = SampleImages(
            pairs: SampleImages.waves(1, width: 30, height: 21).pairs
                + SampleImages.waves(1, width: 17, height: 40).pairs)
        let scores = try evaluate(Restorer(model(GraphBuilder.coarseToFine()), threads: 2), on: data)
        #expect(scores.restored.psnr == scores.blurred.psnr)
    }

    @Test func `an evaluation can be stopped, and tells how far it is`() throws {
        let stop = StopFlag()
        var seen: [[Int]] = []
        let stopped = diagnostic { () throws(Diagnostic) in
            _ = try evaluate(Restorer(model(.tiny), threads: 1), on: SampleImages.waves(4), stop: stop) {
                done, count in
                seen.append([done, count])
                if done == 2 { stop.request() }
            }
        }
        #expect(stopped == .stopped)
        #expect(seen == [[1, 4], [2, 4]])
    }

    @Test func `mistakes are told`() {
        #expect(
            message { () throws(Diagnostic) in
                _ = try evaluate(Restorer(model(.tiny), threads: 1), on: SampleImages(pairs: []))
            } == "error[no-pictures]: there is no image to score in 0 images\n")
        #expect(
            message { () throws(Diagnostic) in
                _ = try evaluate(
                    Restorer(model(.tiny), threads: 1), on: SampleImages.waves(1, width: 8, height: 8))
            }.hasPrefix("error[too-small]: SSIM needs images of at least 11×11 pixels; these are 8×8\n"))
    }
}
