import Diagnostics
import Engine
import Graph
import Images

/// Runs a trained network on whole pictures of any size.
///
/// A picture is padded at the right and the bottom, by repeating its edge, to what the network's strides divide, and
/// the result is cropped back. One execution is kept, so that pictures of one size in a row take its memory once.
final class Inference {
    private let model: TrainedModel
    private let threads: Int
    private var kept: (height: Int, width: Int, batch: Int, execution: Execution)?
    /// Time in the network, on the clock; without padding, reading and scoring.
    private(set) var seconds = 0.0

    init(_ model: TrainedModel, threads: Int) {
        self.model = model
        self.threads = threads
    }

    /// The network's last output for a picture: as it is, not clamped. A network for one channel is applied to each of a
    /// picture's channels by itself; one for three channels takes a grey picture as a coloured one.
    func callAsFunction(_ image: Image) throws(Diagnostic) -> Image {
        switch model.colour {
        case .luma:
            let planes = (0..<image.channels).map { image.channel($0) }
            let sharp = try run(planes)
            return sharp.count == 3 ? Image(red: sharp[0], green: sharp[1], blue: sharp[2]) : sharp[0]
        case .rgb: return try run([image.colour])[0]
        }
    }

    /// Pictures of one size and as many channels as the network reads, as one batch.
    private func run(_ images: [Image]) throws(Diagnostic) -> [Image] {
        let (width, height, channels) = (images[0].width, images[0].height, images[0].channels)
        let padded = images.map { $0.padded(toMultipleOf: model.graph.sizeMultiple) }
        let execution = try execution(
            batch: images.count, height: padded[0].height, width: padded[0].width)
        execution.withInput { $0.fill(with: padded.flatMap(\.pixels)) }
        let watch = Stopwatch()
        execution.forward()
        seconds += watch.seconds
        let output = execution.output(model.graph.outputs.count - 1)
        let size = padded[0].pixels.count
        return images.indices.map { index in
            Image(
                width: padded[0].width, height: padded[0].height, channels: channels,
                pixels: Array(output[index * size..<(index + 1) * size])
            ).cropped(x: 0, y: 0, width: width, height: height)
        }
    }

    private func execution(batch: Int, height: Int, width: Int) throws(Diagnostic) -> Execution {
        if let kept, (kept.height, kept.width, kept.batch) == (height, width, batch) { return kept.execution }
        // Given back before the next is made, so that two large ones are never there at once.
        kept = nil
        let execution = try Execution(
            model.graph, batch: batch, height: height, width: width, purpose: .inference, threads: threads)
        execution.load(model.weights)
        kept = (height, width, batch, execution)
        return execution
    }
}

extension TrainedModel {
    /// The picture that the network makes of a blurred one: of its size, its values not clamped; grey for a grey picture
    /// where the network is for luma.
    /// - Throws: nothing that a picture's size could cause: it is padded as the network needs.
    public func deblur(_ image: Image, threads: Int) throws(Diagnostic) -> Image {
        try Inference(self, threads: threads)(image)
    }
}
