import Foundation
import Graph
import Layers
import Operators

private func maps(_ channels: Int...) -> [Shape] { channels.map { Shape(channels: $0) } }

extension Reference {
    /// Operators that take pixels together, or move them.
    static let ofPixels: [Reference] = [
        Reference(
            Pad.self,
            [
                (Pad(vertical: 1, horizontal: 1, .zeros), maps(5), "pad 1 1 zeros"),
                (Pad(vertical: 2, horizontal: 2, .reflect), maps(33), "pad 2 2 reflect"),
                (Pad(vertical: 1, horizontal: 3, .reflect), maps(1), "pad 1 3 reflect"),
                (Pad(vertical: 3, horizontal: 3, .replicate), maps(5), "pad 3 3 replicate"),
            ]
        ) { operation, site in
            site.inputs[0].padded(by: operation.vertical, operation.horizontal, operation.mode)
        },
        Reference(
            Crop.self,
            [
                (Crop(rows: 2, columns: 1, row: 1, column: 0), maps(5), "crop 2 1 1 0"),
                (Crop(rows: 2, columns: 3, row: 0, column: 2), maps(33), "crop 2 3 0 2"),
            ]
        ) { operation, site in
            let (top, left) = (operation.row * site.height, operation.column * site.width)
            let source = site.inputs[0]
            return Tensor(
                batch: source.batch, height: site.height, width: site.width, channels: source.channels
            ) { source[$0, top + $1, left + $2, $3] }
        },
        Reference(
            Join.self,
            [
                (Join(columns: 2), maps(5, 5), "join 2"), (Join(columns: 1), maps(1, 1, 1), "join 1"),
                (Join(columns: 2), maps(17, 17, 17, 17), "join 2"),
            ]
        ) { operation, site in
            let (height, width) = (site.inputs[0].height, site.inputs[0].width)
            return Tensor(
                batch: site.image.batch, height: site.height, width: site.width,
                channels: site.inputs[0].channels
            ) { image, y, x, channel in
                site.inputs[y / height * operation.columns + x / width][
                    image, y % height, x % width, channel]
            }
        },
        Reference(Mean.self, [1, 5, 33].map { (Mean(), maps($0), "mean") }) { _, site in
            let source = site.inputs[0]
            let count = source.values.count / source.batch
            return Tensor(batch: source.batch, height: 1, width: 1, channels: 1) { image, _, _, _ in
                source.values[image * count..<(image + 1) * count].reduce(0, +) / Double(count)
            }
        },
        Reference(MeanPool.self, pools.map { (MeanPool($0), maps($1), "mean_pool \($2)") }) {
            operation, site in
            site.pooled { values in
                values.reduce(0, +) / Double(values.count)
            } over: {
                operation.attributes
            }
        },
        Reference(MaxPool.self, pools.map { (MaxPool($0), maps($1), "max_pool \($2)") }) {
            operation, site in
            site.pooled { values in
                values.max() ?? .nan
            } over: {
                operation.attributes
            }
        },
        Reference(
            InstanceNorm.self,
            [
                (InstanceNorm(), maps(5), "instance_norm 1e-05 0"),
                (InstanceNorm(epsilon: 0.01, isAffine: true), maps(33), "instance_norm 0.01 1"),
                (InstanceNorm(isAffine: true), maps(1), "instance_norm 1e-05 1"),
            ], tolerance: 1e-4
        ) { operation, site in
            site.inputs[0].overPixels { values in normalised(values, epsilon: operation.epsilon) }
                .scaled(by: site.parameters)
        },
    ]

    /// The pooling, channels, and canonical text.
    private static let pools: [(Pool, Int, String)] = [
        (Pool(), 5, "w0 s0"), (Pool(), 33, "w0 s0"), (Pool(window: 2), 5, "w2 s2"),
        (Pool(window: 3, stride: 1), 17, "w3 s1"), (Pool(window: 3, stride: 2), 1, "w3 s2"),
    ]
}

extension ReferenceSite {
    /// Each window's values taken together, or all of a channel's.
    fileprivate func pooled(
        _ together: @escaping ([Double]) -> Double, over attributes: () -> [Attribute]
    ) -> Tensor {
        let source = inputs[0]
        let settings = attributes().map(\.canonicalText).compactMap { Int($0.dropFirst()) }
        let (window, stride) = (settings[0], settings[1])
        return Tensor(
            batch: source.batch, height: height, width: width, channels: source.channels
        ) { image, y, x, channel in
            let rows = window == 0 ? 0..<source.height : y * stride..<y * stride + window
            let columns = window == 0 ? 0..<source.width : x * stride..<x * stride + window
            return together(rows.flatMap { row in columns.map { source[image, row, $0, channel] } })
        }
    }
}

/// With mean 0 and variance 1.
func normalised(_ values: [Double], epsilon: Double) -> [Double] {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    return values.map { ($0 - mean) / (variance + epsilon).squareRoot() }
}

extension Tensor {
    func padded(by vertical: Int, _ horizontal: Int, _ mode: Pad.Mode) -> Tensor {
        func source(_ place: Int, _ count: Int) -> Int? {
            if (0..<count).contains(place) { return place }
            switch mode {
            case .zeros: return nil
            case .replicate: return place < 0 ? 0 : count - 1
            case .reflect:
                if count == 1 { return 0 }
                // Mirrored at one end and then, as long as need be, at the other.
                return source(place < 0 ? -place : 2 * (count - 1) - place, count)
            }
        }
        return Tensor(
            batch: batch, height: height + 2 * vertical, width: width + 2 * horizontal, channels: channels
        ) { image, y, x, channel in
            guard let row = source(y - vertical, height), let column = source(x - horizontal, width) else {
                return 0
            }
            return self[image, row, column, channel]
        }
    }

    /// A function of all values of a channel of an image.
    func overPixels(_ function: ([Double]) -> [Double]) -> Tensor {
        var result = self
        for image in 0..<batch {
            for channel in 0..<channels {
                let places = (0..<height * width).map { ((image * height * width) + $0) * channels + channel }
                for (place, value) in zip(places, function(places.map { values[$0] })) {
                    result.values[place] = value
                }
            }
        }
        return result
    }

    /// A function of all values of a pixel.
    func overChannels(_ function: ([Double]) -> [Double]) -> Tensor {
        var result = self
        result.values = stride(from: 0, to: values.count, by: channels).flatMap {
            function(Array(values[$0..<$0 + channels]))
        }
        return result
    }

    /// Each channel times a number of its own, plus another; nothing without these.
    func scaled(by parameters: [[Double]]) -> Tensor {
        guard parameters.count == 2 else { return self }
        return Tensor(batch: batch, height: height, width: width, channels: channels) {
            self[$0, $1, $2, $3] * parameters[0][$3] + parameters[1][$3]
        }
    }
}
