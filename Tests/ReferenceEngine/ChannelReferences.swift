import Foundation
import Graph
import Layers
import Operators

private func maps(_ channels: Int...) -> [Shape] { channels.map { Shape(channels: $0) } }

private func matrix(_ channels: Int, height: Int, width: Int) -> Shape {
    Shape(channels: channels, size: .fixed(height: height, width: width))
}

extension Reference {
    /// Operators that take channels together, and those with learned values.
    static let ofChannels: [Reference] = [
        Reference(
            LayerNorm.self,
            [
                (LayerNorm(), maps(5), "layer_norm 1e-06"),
                (LayerNorm(epsilon: 0.01), maps(33), "layer_norm 0.01"),
                (LayerNorm(epsilon: 0.001), maps(2), "layer_norm 0.001"),
            ]
        ) { operation, site in
            site.inputs[0].overChannels { normalised($0, epsilon: operation.epsilon) }
                .scaled(by: site.parameters)
        },
        Reference(
            Normalise.self,
            [
                (Normalise(over: .pixels), maps(5), "normalise pixels 1e-12"),
                (Normalise(over: .pixels), maps(33), "normalise pixels 1e-12"),
                (Normalise(over: .channels), maps(17), "normalise channels 1e-12"),
            ]
        ) { operation, site in
            func unit(_ values: [Double]) -> [Double] {
                let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return values.map { $0 / max(length, operation.epsilon) }
            }
            return operation.over == .pixels
                ? site.inputs[0].overPixels(unit) : site.inputs[0].overChannels(unit)
        },
        Reference(
            PReLU.self,
            [
                (PReLU(perChannel: false), maps(5), "prelu 0 0.25"),
                (PReLU(perChannel: true, start: 0.5), maps(33), "prelu 1 0.5"),
                (PReLU(perChannel: true), maps(1), "prelu 1 0.25"),
            ], kinks: [0]
        ) { operation, site in
            let (source, slopes) = (site.inputs[0], site.parameters[0])
            return Tensor(
                batch: source.batch, height: source.height, width: source.width, channels: source.channels
            ) { image, y, x, channel in
                let value = source[image, y, x, channel]
                return value > 0 ? value : slopes[operation.perChannel ? channel : 0] * value
            }
        },
        Reference(
            Weight.self,
            [
                (Weight("scale", matrix(5, height: 1, width: 1), start: 1), [], "weight scale 1.0"),
                (Weight("map", matrix(3, height: 4, width: 2), start: 0), [], "weight map 0.0"),
            ]
        ) { operation, site in
            let values = site.parameters[0]
            return Tensor(
                batch: site.image.batch, height: site.height, width: site.width,
                channels: operation.shape.channels
            ) { values[($3 * site.height + $1) * site.width + $2] }
        },
        Reference(MatrixMultiply.self, products) { operation, site in
            operation.over == .pixels
                ? site.productsOverPixels(heads: operation.heads)
                : site.productsOverChannels(heads: operation.heads)
        },
    ]

    private static let products: [(MatrixMultiply, [Shape], String)] = [
        (MatrixMultiply(over: .pixels), maps(5, 7), "matmul pixels 1"),
        (MatrixMultiply(over: .pixels, heads: 2), maps(6, 34), "matmul pixels 2"),
        (MatrixMultiply(over: .channels), maps(5) + [matrix(5, height: 7, width: 1)], "matmul channels 1"),
        (
            MatrixMultiply(over: .channels, heads: 2), maps(34) + [matrix(17, height: 3, width: 2)],
            "matmul channels 2"
        ),
    ]
}

extension ReferenceSite {
    fileprivate func productsOverPixels(heads: Int) -> Tensor {
        let (left, right) = (inputs[0], inputs[1])
        let (rows, columns) = (left.channels / heads, right.channels / heads)
        return Tensor(batch: left.batch, height: rows, width: heads, channels: columns) {
            image, row, head, column in
            var sum = 0.0
            for y in 0..<left.height {
                for x in 0..<left.width {
                    sum +=
                        left[image, y, x, head * rows + row] * right[image, y, x, head * columns + column]
                }
            }
            return sum
        }
    }

    fileprivate func productsOverChannels(heads: Int) -> Tensor {
        let (left, right) = (inputs[0], inputs[1])
        let (rows, columns) = (right.height, right.channels)
        return Tensor(batch: left.batch, height: left.height, width: left.width, channels: rows * heads) {
            image, y, x, channel in
            let (head, row) = (channel / rows, channel % rows)
            return (0..<columns).reduce(0) {
                $0 + left[image, y, x, head * columns + $1] * right[image, row, head, $1]
            }
        }
    }
}
