import Kernels
import Machine
import VectorKernels

/// A convolution with groups, taps that lie apart, or a kernel of unequal sides: what the methods for dense,
/// square kernels (``ConvolutionMethod``) do not compute.
///
/// Weights are as PyTorch has them, [output][input / groups][kernel row][kernel column]. A depthwise
/// convolution runs by rows, straight over the maps; any other gathers the channels of a group and
/// multiplies, a run of pixels at a time. Zeros lie outside of the maps.
package struct GroupedConvolution: Sendable {
    let kernelHeight: Int
    let kernelWidth: Int
    let stride: Int
    /// Rows of zeros above, and columns of zeros left of the input.
    let top: Int
    let left: Int
    let dilation: Int
    let groups: Int

    package init(
        kernel: (height: Int, width: Int), stride: Int, padding: (top: Int, left: Int), dilation: Int,
        groups: Int
    ) {
        (kernelHeight, kernelWidth) = kernel
        (top, left) = padding
        (self.stride, self.dilation, self.groups) = (stride, dilation, groups)
    }

    /// `conv 3×3 /2 in 4 groups`
    package var name: String {
        "conv \(kernelHeight)×\(kernelWidth)" + (stride == 1 ? "" : " /\(stride)")
            + (dilation == 1 ? "" : " dilated by \(dilation)") + (groups == 1 ? "" : " in \(groups) groups")
    }

    var taps: Int { kernelHeight * kernelWidth }

    func isDepthwise(_ input: TensorShape, _ output: TensorShape) -> Bool {
        groups == input.channels && groups == output.channels
    }

    func weightCount(_ input: TensorShape, _ output: TensorShape) -> Int {
        output.channels * (input.channels / groups) * taps
    }

    /// Pixels that are gathered together.
    fileprivate static let run = 64

    /// Floats for each thread, whichever of the three products runs.
    package func workspace(input: TensorShape, output: TensorShape) -> Int {
        let weights = AlignedMemory.aligned(weightCount(input, output))
        if isDepthwise(input, output) { return weights }
        let (few, many) = (input.channels / groups, output.channels / groups)
        return weights + AlignedMemory.aligned(Self.run * taps * max(few, many))
            + 2 * AlignedMemory.aligned(Self.run * max(few, many))
    }

    fileprivate func depthwiseShape(_ input: TensorShape, _ output: TensorShape) -> DepthwiseShape {
        DepthwiseShape(
            channels: groups, kernelHeight: kernelHeight, kernelWidth: kernelWidth, stride: stride,
            dilation: dilation, left: left, inputWidth: input.width, outputWidth: output.width)
    }
}

extension Worker {
    /// output = bias + convolution of the input.
    package func convolve(
        _ convolution: GroupedConvolution, _ input: FeatureMap, weights: BufferView, bias: BufferView?,
        into output: FeatureMap
    ) {
        let call = GroupedCall(convolution, input.shape, output.shape, self)
        if convolution.isDepthwise(input.shape, output.shape) {
            call.depthwise(input, weights, bias, into: output)
        } else {
            call.gathered(input, weights, bias, into: output)
        }
    }

    /// The gradient with respect to the input, from that with respect to the output.
    package func convolveTransposed(
        _ convolution: GroupedConvolution, _ gradient: FeatureMap, weights: BufferView,
        into target: FeatureMap, accumulates: Bool
    ) {
        let call = GroupedCall(convolution, target.shape, gradient.shape, self)
        if convolution.isDepthwise(target.shape, gradient.shape), convolution.stride == 1 {
            call.depthwiseBack(gradient, weights, into: target, accumulates: accumulates)
        } else {
            call.gatheredBack(gradient, weights, into: target, accumulates: accumulates)
        }
    }

    /// Adds to the gradient of the weights.
    package func addWeightGradient(
        _ convolution: GroupedConvolution, input: FeatureMap, gradient: FeatureMap, into target: BufferView
    ) {
        let call = GroupedCall(convolution, input.shape, gradient.shape, self)
        precondition(target.count == call.weightCount, "\(target.count) weights for \(call.weightCount)")
        if convolution.isDepthwise(input.shape, gradient.shape) {
            call.sumDepthwise(input, gradient)
        } else {
            call.sumGathered(input, gradient)
        }
        wait()
        call.reduceSums(into: target)
    }
}

/// One worker's part of a call.
private struct GroupedCall {
    let convolution: GroupedConvolution
    let input: TensorShape
    let output: TensorShape
    let worker: Worker
    let weightCount: Int
    /// Channels of a group, of the input and of the output.
    let few: Int
    let many: Int

    init(_ convolution: GroupedConvolution, _ input: TensorShape, _ output: TensorShape, _ worker: Worker) {
        precondition(
            input.channels % convolution.groups == 0 && output.channels % convolution.groups == 0
                && input.batch == output.batch,
            "\(input) becomes \(output) in \(convolution.groups) groups")
        (self.convolution, self.input, self.output, self.worker) = (convolution, input, output, worker)
        weightCount = convolution.weightCount(input, output)
        (few, many) = (input.channels / convolution.groups, output.channels / convolution.groups)
    }

    private func workspace(of thread: Int? = nil) -> UnsafeMutablePointer<Float> {
        worker.workspace(of: thread, atLeast: convolution.workspace(input: input, output: output))
    }

    // MARK: Depthwise

    /// Weights by tap and channel, in this worker's workspace; rotated by 180° for the way back.
    private func packedDepthwise(_ weights: BufferView, isRotated: Bool) -> UnsafeMutablePointer<Float> {
        let (packed, taps) = (workspace(), convolution.taps)
        for channel in 0..<input.channels {
            for tap in 0..<taps {
                let place = isRotated ? taps - 1 - tap : tap
                packed[place * input.channels + channel] = weights.base[channel * taps + tap]
            }
        }
        return packed
    }

    /// Calls `body` with each of this worker's rows of a map, and the rows of another that the kernel's rows
    /// meet there, `step` rows for each of the map's, from `top` rows above on.
    private func forEachRow(
        of target: TensorShape, in source: FeatureMap, step: Int, top: Int,
        _ body: (_ row: Int, UnsafePointer<UnsafePointer<Float>?>) -> Void
    ) {
        let rowLength = source.shape.width * source.shape.channels
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: convolution.kernelHeight) {
            rows in
            guard let start = rows.baseAddress else { return }
            for row in worker.share(of: target.batch * target.height) {
                let (image, y) = (row / target.height, row % target.height)
                for tap in 0..<convolution.kernelHeight {
                    let sourceRow = y * step + tap * convolution.dilation - top
                    let isInside = sourceRow >= 0 && sourceRow < source.shape.height
                    start[tap] =
                        isInside
                        ? UnsafePointer(source.base + (image * source.shape.height + sourceRow) * rowLength)
                        : nil
                }
                body(row, start)
            }
        }
    }

    func depthwise(
        _ source: FeatureMap, _ weights: BufferView, _ bias: BufferView?, into target: FeatureMap
    ) {
        let packed = packedDepthwise(weights, isRotated: false)
        var shape = convolution.depthwiseShape(input, output)
        forEachRow(of: output, in: source, step: convolution.stride, top: convolution.top) { row, rows in
            worker.kernels.depthwise(
                &shape, rows, packed, bias?.base, target.base + row * output.width * output.channels, 0)
        }
    }

    func depthwiseBack(
        _ gradient: FeatureMap, _ weights: BufferView, into target: FeatureMap, accumulates: Bool
    ) {
        let packed = packedDepthwise(weights, isRotated: true)
        var shape = DepthwiseShape(
            channels: input.channels, kernelHeight: convolution.kernelHeight,
            kernelWidth: convolution.kernelWidth, stride: 1, dilation: convolution.dilation,
            left: (convolution.kernelWidth - 1) * convolution.dilation - convolution.left,
            inputWidth: output.width, outputWidth: input.width)
        let top = (convolution.kernelHeight - 1) * convolution.dilation - convolution.top
        forEachRow(of: input, in: gradient, step: 1, top: top) { row, rows in
            worker.kernels.depthwise(
                &shape, rows, packed, nil, target.base + row * input.width * input.channels,
                accumulates ? 1 : 0)
        }
    }

    func sumDepthwise(_ source: FeatureMap, _ gradient: FeatureMap) {
        let sums = workspace()
        sums.update(repeating: 0, count: weightCount)
        var shape = convolution.depthwiseShape(input, output)
        forEachRow(of: output, in: source, step: convolution.stride, top: convolution.top) { row, rows in
            worker.kernels.depthwiseGradient(
                &shape, rows, gradient.base + row * output.width * output.channels, sums)
        }
    }

    /// Adds what every worker has summed, [group][tap][input][output], to the gradient as it is stored.
    func reduceSums(into target: BufferView) {
        let (taps, isDepthwise) = (convolution.taps, convolution.isDepthwise(input, output))
        for index in worker.share(of: weightCount) {
            // index = (output · few + input) · taps + tap, with the output counted over all groups.
            let (tap, channel, result) = (index % taps, index / taps % few, index / (taps * few))
            let place =
                isDepthwise
                ? tap * output.channels + result
                : (((result / many) * taps + tap) * few + channel) * many + result % many
            var sum: Float = 0
            for thread in 0..<worker.threads { sum += workspace(of: thread)[place] }
            target.base[index] += sum
        }
    }

    // MARK: Gathered

    private var tile: UnsafeMutablePointer<Float> { workspace() + AlignedMemory.aligned(weightCount) }

    private var products: UnsafeMutablePointer<Float> {
        tile + AlignedMemory.aligned(GroupedConvolution.run * convolution.taps * max(few, many))
    }

    private var others: UnsafeMutablePointer<Float> {
        products + AlignedMemory.aligned(GroupedConvolution.run * max(few, many))
    }

    /// Weights as products read them: [group][tap][from][to], whichever way.
    private func packed(_ weights: BufferView, isBack: Bool) -> UnsafeMutablePointer<Float> {
        let (packed, taps) = (workspace(), convolution.taps)
        for index in 0..<weightCount {
            let (tap, channel, result) = (index % taps, index / taps % few, index / (taps * few))
            let (group, own) = (result / many, result % many)
            let place =
                isBack
                ? ((group * taps + tap) * many + own) * few + channel
                : ((group * taps + tap) * few + channel) * many + own
            packed[place] = weights.base[index]
        }
        return packed
    }

    /// Pixels beside one another.
    private struct Run {
        /// Counted over all images.
        let line: Int
        let image: Int
        let row: Int
        let columns: Range<Int>
    }

    /// Calls `body` with runs of pixels of a map: this worker's.
    private func forEachRun(of shape: TensorShape, _ body: (Run) -> Void) {
        for line in worker.share(of: shape.batch * shape.height) {
            var start = 0
            while start < shape.width {
                let end = min(shape.width, start + GroupedConvolution.run)
                body(
                    Run(
                        line: line, image: line / shape.height, row: line % shape.height, columns: start..<end
                    ))
                start = end
            }
        }
    }

    /// Copies a group's channels of what the kernel meets at each pixel of a run into the tile,
    /// [pixel][tap][channel], with zeros where it meets nothing.
    /// - Parameter meets: the row or column that a tap meets, for a row or column of the run; nil for none.
    private func gather(
        _ source: FeatureMap, _ group: Int, channels: Int, _ run: Run,
        _ meets: (_ place: Int, _ tap: Int, _ isRow: Bool) -> Int?
    ) {
        var target = tile
        let shape = source.shape
        for column in run.columns {
            for v in 0..<convolution.kernelHeight {
                let y = meets(run.row, v, true)
                for u in 0..<convolution.kernelWidth {
                    if let y, let x = meets(column, u, false) {
                        let pixel = (run.image * shape.height + y) * shape.width + x
                        let from = source.base + pixel * shape.channels + group * channels
                        for channel in 0..<channels { target[channel] = from[channel] }
                    } else {
                        target.update(repeating: 0, count: channels)
                    }
                    target += channels
                }
            }
        }
    }

    /// The input's row or column that a tap meets from an output's.
    private func ahead(_ place: Int, _ tap: Int, _ isRow: Bool) -> Int? {
        let found =
            place * convolution.stride + tap * convolution.dilation
            - (isRow ? convolution.top : convolution.left)
        return found >= 0 && found < (isRow ? input.height : input.width) ? found : nil
    }

    /// The output's row or column from which a tap meets an input's.
    private func back(_ place: Int, _ tap: Int, _ isRow: Bool) -> Int? {
        let scaled = place + (isRow ? convolution.top : convolution.left) - tap * convolution.dilation
        guard scaled >= 0, scaled % convolution.stride == 0 else { return nil }
        let found = scaled / convolution.stride
        return found < (isRow ? output.height : output.width) ? found : nil
    }

    func gathered(_ source: FeatureMap, _ weights: BufferView, _ bias: BufferView?, into target: FeatureMap) {
        let packed = packed(weights, isBack: false)
        let depth = convolution.taps * few
        forEachRun(of: output) { run in
            for group in 0..<convolution.groups {
                gather(source, group, channels: few, run, ahead)
                worker.multiply(
                    ProductSizes(rows: run.columns.count, columns: many, depth: depth), tile, .plain,
                    packed + group * depth * many, into: products, accumulates: false)
                for (index, column) in run.columns.enumerated() {
                    let pixel =
                        target.base + (run.line * output.width + column) * output.channels + group * many
                    for channel in 0..<many {
                        pixel[channel] =
                            products[index * many + channel] + (bias?.base[group * many + channel] ?? 0)
                    }
                }
            }
        }
    }

    func gatheredBack(
        _ gradient: FeatureMap, _ weights: BufferView, into target: FeatureMap, accumulates: Bool
    ) {
        let packed = packed(weights, isBack: true)
        let depth = convolution.taps * many
        forEachRun(of: input) { run in
            for group in 0..<convolution.groups {
                gather(gradient, group, channels: many, run, back)
                worker.multiply(
                    ProductSizes(rows: run.columns.count, columns: few, depth: depth), tile, .plain,
                    packed + group * depth * few, into: products, accumulates: false)
                for (index, column) in run.columns.enumerated() {
                    let pixel = target.base + (run.line * input.width + column) * input.channels + group * few
                    for channel in 0..<few {
                        let value = products[index * few + channel]
                        pixel[channel] = accumulates ? pixel[channel] + value : value
                    }
                }
            }
        }
    }

    func sumGathered(_ source: FeatureMap, _ gradient: FeatureMap) {
        let sums = workspace()
        sums.update(repeating: 0, count: weightCount)
        let depth = convolution.taps * few
        forEachRun(of: output) { run in
            for group in 0..<convolution.groups {
                gather(source, group, channels: few, run, ahead)
                for (index, column) in run.columns.enumerated() {
                    let pixel =
                        gradient.base + (run.line * output.width + column) * output.channels + group * many
                    for channel in 0..<many { others[index * many + channel] = pixel[channel] }
                }
                worker.multiply(
                    ProductSizes(rows: depth, columns: many, depth: run.columns.count), tile, .transposed,
                    others,
                    into: sums + group * depth * many, accumulates: true)
            }
        }
    }
}
