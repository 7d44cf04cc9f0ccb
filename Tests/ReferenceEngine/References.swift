import Foundation
import Graph
import Layers
import Operators

private func maps(_ channels: Int...) -> [Shape] { channels.map { Shape(channels: $0) } }

private func map(_ channels: Int, _ height: Extent, _ width: Extent) -> Shape {
    Shape(channels: channels, size: MapSize(height: height, width: width))
}

private let whole = Extent(.one)

/// Channels: one, fewer than a vector's, one more than two vectors of 16.
private let widths = [1, 5, 33]

/// What two maps are combined from: of one shape, and with one channel, row, column or pixel on either side.
private let pairs: [[Shape]] =
    widths.map { maps($0, $0) } + [
        maps(5, 1), maps(1, 33),
        [map(5, whole, whole), map(5, .fixed(1), .fixed(1))],
        [map(33, .fixed(1), .fixed(1)), map(33, whole, whole)],
        [map(5, whole, whole), map(1, .fixed(1), .fixed(1))],
        [map(5, .fixed(1), whole), map(5, whole, whole)],
        [map(17, whole, whole), map(17, whole, .fixed(1))],
        [map(5, .fixed(1), whole), map(1, whole, .fixed(1))],
        [map(1, whole, whole), map(17, .fixed(1), .fixed(1))],
    ]

private typealias Options = ConvolutionWindow.Options

/// Plain ones and, after them, those with a setting of each kind.
private let convolutions: [(Convolution, [Shape], String)] = [
    (Convolution(channels: 5, kernel: 3), maps(3), "conv k3 s1 p1"),
    (Convolution(channels: 33, kernel: 1), maps(5), "conv k1 s1 p0"),
    (Convolution(channels: 17, kernel: 5), maps(33), "conv k5 s1 p2"),
    (Convolution(channels: 1, kernel: 7), maps(1), "conv k7 s1 p3"),
    (Convolution(channels: 5, kernel: 4, stride: 2), maps(3), "conv k4 s2 p1"),
    (Convolution(channels: 16, kernel: 3, stride: 2), maps(17), "conv k3 s2 p1"),
    (Convolution(channels: 2, kernel: 3, stride: 3), maps(3), "conv k3 s3 p1"),
    (Convolution(channels: 7, kernel: 2, stride: 2), maps(5), "conv k2 s2 p0"),
    (Convolution(channels: 5, kernel: 3, Options(hasBias: false)), maps(3), "conv k3 s1 p1 b0"),
    (Convolution(channels: 33, kernel: 1, Options(hasBias: false)), maps(17), "conv k1 s1 p0 b0"),
    (Convolution(channels: 5, kernel: 3, Options(groups: 5)), maps(5), "conv k3 s1 p1 g5"),
    (
        Convolution(channels: 33, kernel: 3, Options(groups: 33, hasBias: false)), maps(33),
        "conv k3 s1 p1 g33 b0"
    ),
    (Convolution(channels: 33, kernel: 5, stride: 2, Options(groups: 33)), maps(33), "conv k5 s2 p2 g33"),
    (
        Convolution(channels: 16, kernel: 3, Options(dilation: 2, groups: 16)), maps(16),
        "conv k3 s1 p2 d2 g16"
    ),
    (Convolution(channels: 12, kernel: 3, Options(groups: 3)), maps(6), "conv k3 s1 p1 g3"),
    (Convolution(channels: 10, kernel: 3, Options(groups: 5)), maps(5), "conv k3 s1 p1 g5"),
    (Convolution(channels: 5, kernel: 3, Options(dilation: 3)), maps(3), "conv k3 s1 p3 d3"),
    (Convolution(channels: 5, kernel: (3, 5)), maps(3), "conv k3 s1 p1 kw5 pw2"),
    (Convolution(channels: 33, kernel: (7, 1), Options(groups: 33)), maps(33), "conv k7 s1 p3 kw1 pw0 g33"),
    (Convolution(channels: 2, kernel: (2, 4), stride: 2), maps(3), "conv k2 s2 p0 kw4 pw1"),
    (Convolution(channels: 5, kernel: 3, padding: 0), maps(3), "conv k3 s1 p0"),
    (Convolution(channels: 17, kernel: 3, stride: 2, padding: 0), maps(5), "conv k3 s2 p0"),
    (Convolution(channels: 5, kernel: 2, padding: 0, Options(groups: 5)), maps(5), "conv k2 s1 p0 g5"),
    (Convolution(channels: 7, kernel: 1), [map(5, .fixed(1), .fixed(1))], "conv k1 s1 p0"),
]

private let transposedConvolutions: [(TransposedConvolution, [Shape], String)] = [
    (TransposedConvolution(channels: 5, kernel: 4, stride: 2), maps(3), "deconv k4 s2 p1"),
    (TransposedConvolution(channels: 3, kernel: 3, stride: 1), maps(17), "deconv k3 s1 p1"),
    (TransposedConvolution(channels: 33, kernel: 2, stride: 2), maps(1), "deconv k2 s2 p0"),
    (TransposedConvolution(channels: 2, kernel: 5, stride: 3), maps(4), "deconv k5 s3 p1"),
    (TransposedConvolution(channels: 5, kernel: 3, stride: 2), maps(3), "deconv k3 s2 p1"),
    (TransposedConvolution(channels: 5, kernel: 4, stride: 2, hasBias: false), maps(7), "deconv k4 s2 p1 b0"),
]

private let resizes: [(Resize, [Shape], String)] = [
    (Resize(to: MapSize(Scale(1, 2))), maps(5), "resize"),
    (Resize(to: MapSize(Scale(2, 3))), maps(5), "resize"),
    (Resize(to: MapSize(Scale(3, 1))), maps(5), "resize"),
    (Resize(to: MapSize(Scale(5, 4))), maps(5), "resize"),
    (Resize(to: .fixed(height: 3, width: 4)), maps(5), "resize"),
    (Resize(to: MapSize(Scale(1, 2)), .nearest), maps(5), "resize nearest"),
    (Resize(to: MapSize(Scale(2, 1)), .nearest), maps(33), "resize nearest"),
    (Resize(to: MapSize(Scale(3, 2)), .nearest), maps(1), "resize nearest"),
    (Resize(to: MapSize(Scale(2, 1)), .bicubic), maps(5), "resize bicubic"),
    (Resize(to: MapSize(Scale(1, 2)), .bicubic), maps(33), "resize bicubic"),
    (Resize(to: MapSize(Scale(2, 3)), .bicubic), maps(1), "resize bicubic"),
]

extension Reference {
    /// One row for each operator.
    package static let all = layers + ofPixels + ofChannels

    private static let layers: [Reference] = [
        Reference(Input.self, [(Input(channels: 3), [], "input")]) { _, site in site.image },
        Reference(
            Zeros.self, [(Zeros(Shape(channels: 5, scale: Scale(2, 3))), [], "zeros")]
        ) { operation, site in
            Tensor(
                batch: site.image.batch, height: site.height, width: site.width,
                channels: operation.shape.channels)
        },
        Reference(Convolution.self, convolutions) { operation, site in
            site.inputs[0].convolved(
                site.parameters[0], bias: site.parameters.dropFirst().first, channels: operation.channels,
                operation.window, size: (site.height, site.width))
        },
        Reference(TransposedConvolution.self, transposedConvolutions) { operation, site in
            site.inputs[0].transposeConvolved(
                site.parameters[0], bias: site.parameters.dropFirst().first, channels: operation.channels,
                operation.window, size: (site.height, site.width))
        },
        Reference(ReLU.self, widths.map { (ReLU(), maps($0), "relu") }, kinks: [0]) { _, site in
            site.inputs[0].mapped { max($0, 0) }
        },
        Reference(
            LeakyReLU.self,
            [
                (LeakyReLU(slope: 0.2), maps(5), "leaky_relu 0.2"),
                (LeakyReLU(slope: 0), maps(1), "leaky_relu 0.0"),
                (LeakyReLU(slope: -0.5), maps(33), "leaky_relu -0.5"),
            ], kinks: [0]
        ) { operation, site in site.inputs[0].mapped { $0 > 0 ? $0 : operation.slope * $0 } },
        Reference(GELU.self, widths.map { (GELU(), maps($0), "gelu") }) { _, site in
            site.inputs[0].mapped { $0 * 0.5 * (1 + erf($0 / 2.0.squareRoot())) }
        },
        Reference(SiLU.self, widths.map { (SiLU(), maps($0), "silu") }) { _, site in
            site.inputs[0].mapped { $0 / (1 + exp(-$0)) }
        },
        Reference(Sigmoid.self, widths.map { (Sigmoid(), maps($0), "sigmoid") }) { _, site in
            site.inputs[0].mapped { 1 / (1 + exp(-$0)) }
        },
        Reference(Tanh.self, widths.map { (Tanh(), maps($0), "tanh") }) { _, site in
            site.inputs[0].mapped { tanh($0) }
        },
        Reference(Abs.self, widths.map { (Abs(), maps($0), "abs") }, kinks: [0]) { _, site in
            site.inputs[0].mapped { abs($0) }
        },
        Reference(Sqrt.self, widths.map { (Sqrt(), maps($0), "sqrt") }, needsPositive: true) { _, site in
            site.inputs[0].mapped { $0.squareRoot() }
        },
        Reference(Exp.self, widths.map { (Exp(), maps($0), "exp") }) { _, site in
            site.inputs[0].mapped { exp($0) }
        },
        Reference(Log.self, widths.map { (Log(), maps($0), "log") }, needsPositive: true) { _, site in
            site.inputs[0].mapped { log($0) }
        },
        Reference(
            Clamp.self, widths.map { (Clamp(-0.25, 0.5), maps($0), "clamp -0.25 0.5") }, kinks: [-0.25, 0.5]
        ) { operation, site in site.inputs[0].mapped { min(max($0, operation.low), operation.high) } },
        Reference(Softmax.self, [2, 5, 33].map { (Softmax(), maps($0), "softmax") }) { _, site in
            var result = site.inputs[0].mapped { exp($0) }
            let channels = result.channels
            for start in stride(from: 0, to: result.values.count, by: channels) {
                let sum = result.values[start..<start + channels].reduce(0, +)
                for place in start..<start + channels { result.values[place] /= sum }
            }
            return result
        },
        Reference(Add.self, pairs.map { (Add(), $0, "sum") }) { _, site in
            site.inputs[0].combined(with: site.inputs[1], +)
        },
        Reference(Subtract.self, pairs.map { (Subtract(), $0, "difference") }) { _, site in
            site.inputs[0].combined(with: site.inputs[1], -)
        },
        Reference(Multiply.self, pairs.map { (Multiply(), $0, "product") }) { _, site in
            site.inputs[0].combined(with: site.inputs[1], *)
        },
        Reference(Divide.self, pairs.map { (Divide(), $0, "quotient") }, needsPositive: true) { _, site in
            site.inputs[0].combined(with: site.inputs[1], /)
        },
        Reference(
            Affine.self,
            [
                (Affine(factor: -1.5, offset: 0.25), maps(5), "affine -1.5 0.25"),
                (Affine(factor: 1, offset: -0.0), maps(33), "affine 1.0 -0.0"),
                (Affine(factor: 1e-20, offset: 1e20), maps(1), "affine 1e-20 1e+20"),
            ]
        ) { operation, site in site.inputs[0].mapped { operation.factor * $0 + operation.offset } },
        Reference(
            Concatenate.self,
            [
                (Concatenate(), maps(1, 1), "concat"), (Concatenate(), maps(3, 17, 1), "concat"),
                (Concatenate(), maps(33, 2, 16, 5), "concat"),
            ]
        ) { _, site in .concatenated(site.inputs) },
        Reference(
            Slice.self,
            [
                (Slice(0..<1), maps(1), "slice 0 1"), (Slice(2..<5), maps(7), "slice 2 5"),
                (Slice(16..<33), maps(33), "slice 16 33"),
            ]
        ) { operation, site in site.inputs[0].sliced(operation.channels) },
        Reference(Resize.self, resizes) { operation, site in
            site.inputs[0].resized(height: site.height, width: site.width, operation.mode)
        },
        Reference(
            Downsize.self,
            [
                (Downsize(by: 2), maps(1), "downsize 2"), (Downsize(by: 3), maps(5), "downsize 3"),
                (Downsize(by: 5), maps(33), "downsize 5"),
            ]
        ) { operation, site in site.inputs[0].downsized(by: operation.factor) },
        Reference(
            PixelShuffle.self,
            [
                (PixelShuffle(by: 1), maps(5), "pixel_shuffle 1"),
                (PixelShuffle(by: 2), maps(12), "pixel_shuffle 2"),
                (PixelShuffle(by: 3), maps(45), "pixel_shuffle 3"),
            ]
        ) { operation, site in site.inputs[0].pixelShuffled(by: operation.factor) },
        Reference(
            PixelUnshuffle.self,
            [
                (PixelUnshuffle(by: 2), maps(3), "pixel_unshuffle 2"),
                (PixelUnshuffle(by: 1), maps(5), "pixel_unshuffle 1"),
                (PixelUnshuffle(by: 3), maps(5), "pixel_unshuffle 3"),
            ]
        ) { operation, site in site.inputs[0].pixelUnshuffled(by: operation.factor) },
        Reference(Detach.self, [(Detach(), maps(5), "detach")]) { _, site in site.inputs[0] },
    ]
}
