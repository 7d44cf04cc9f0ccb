import Foundation

/// How a convolution is computed: the one place where a faster method plugs in.
///
/// The plan asks once for each set of weights for the ``best(for:)`` method and keeps the answer. A method
/// says how much workspace and how much room for packed weights it needs, and runs the three products
/// that training takes. Each method's code is in a file of its own.
package enum ConvolutionMethod: String, Hashable, Sendable, CaseIterable {
    /// 1×1, stride 1: one matrix product straight over the map.
    case pointwise
    /// Windows gathered into tiles that stay in cache, a matrix product for each tile.
    case tiled
    /// 3×3 and 5×5, stride 1: minimal filtering in tiles of 6 × 6.
    case winograd6 = "winograd 6×6"
    /// The same in tiles of 8 × 8: fewer multiplications, unless the map is small. 3×3, 4×4 and 5×5 at stride
    /// 2, too.
    case winograd8 = "winograd 8×8"

    /// The method for convolutions that share their weights: one for all of them, so that the weights are
    /// transformed once.
    package static func best(for uses: [ConvolutionGeometry]) -> ConvolutionMethod {
        if uses.allSatisfy(\.isPointwise) { return .pointwise }
        // Weights of different strides are arranged by different phases.
        let isAlike = Set(uses.map(\.stride)).count == 1
        func suits(tile: Int) -> Bool {
            isAlike && !isDirectForced && uses.allSatisfy { WinogradConvolution.suits($0, tile: tile) }
        }
        let small = suits(tile: 6) ? ConvolutionMethod.winograd6 : .tiled
        // Transforms of very many weights, which stand in memory for each direction and thread, are better
        // kept small.
        guard suits(tile: 8), winograd8.transformBytes(uses) <= 16 << 20 else { return small }
        return winograd8.cost(uses) <= small.cost(uses) ? .winograd8 : small
    }

    package static func best(for geometry: ConvolutionGeometry) -> ConvolutionMethod { best(for: [geometry]) }

    private func transformBytes(_ uses: [ConvolutionGeometry]) -> Int {
        (uses.map { packed($0, for: .convolution) }.max() ?? 0) * MemoryLayout<Float>.stride
    }

    /// Multiplications, and what it takes to read the weights once for each product, which on small maps is
    /// no less: about as much as the products of eight tiles.
    private func cost(_ uses: [ConvolutionGeometry]) -> Int {
        uses.reduce(0) { $0 + multiplications($1) + 8 * packed($1, for: .convolution) }
    }

    /// Whether `ACUITY_CONVOLUTION=direct` asks for plain sums, to see what the faster methods' rounding does
    /// to a result.
    private static let isDirectForced = ProcessInfo.processInfo.environment["ACUITY_CONVOLUTION"] == "direct"

    /// Floats of workspace for each thread, whichever product runs; without `trains`, the weights' gradient
    /// does not.
    package func workspace(for geometry: ConvolutionGeometry, trains: Bool) -> Int {
        switch self {
        case .pointwise, .tiled: TiledConvolution(geometry).workspace
        case .winograd6, .winograd8:
            trains ? winograd(geometry).trainingWorkspace : winograd(geometry).passingWorkspace
        }
    }

    /// Floats of the weights as a direction wants them; 0 where it takes them as they are stored.
    package func packed(_ geometry: ConvolutionGeometry, for direction: Direction) -> Int {
        switch (self, direction) {
        case (.pointwise, .convolution), (.tiled, .convolution): 0
        case (.pointwise, .transposed), (.tiled, .transposed): geometry.weightCount
        case (.winograd6, .convolution), (.winograd8, .convolution): winograd(geometry).convolutionWeights
        case (.winograd6, .transposed), (.winograd8, .transposed): winograd(geometry).transposedWeights
        }
    }

    /// Multiplications that the method makes where a direct convolution would make its multiply-accumulates.
    package func multiplications(_ geometry: ConvolutionGeometry) -> Int {
        switch self {
        case .pointwise, .tiled: geometry.weightCount * geometry.output.pixels
        case .winograd6, .winograd8: winograd(geometry).multiplications
        }
    }

    fileprivate func winograd(_ geometry: ConvolutionGeometry) -> WinogradConvolution {
        switch self {
        case .winograd6: WinogradConvolution(geometry, tile: 6)
        case .winograd8: WinogradConvolution(geometry, tile: 8)
        case .pointwise, .tiled: preconditionFailure("\(self) has no tiles of Winograd's")
        }
    }

    /// Whether weights are transformed, to many times their own room.
    package var isTransformed: Bool {
        switch self {
        case .pointwise, .tiled: false
        case .winograd6, .winograd8: true
        }
    }

    /// Whether the weights' gradient brings the bias's along.
    package var sumsBias: Bool {
        switch self {
        case .pointwise, .tiled: false
        case .winograd6, .winograd8: true
        }
    }
}

/// Which way a convolution's weights are passed.
package enum Direction: Hashable, Sendable {
    /// A convolution, from its input to its output.
    case convolution
    /// The transposed convolution, from the output to the input.
    case transposed
}

extension Worker {
    /// A convolution's forward pass, or a transposed convolution's input gradient: from the input map to the
    /// output.
    ///
    /// - Parameter weights: as ``pack(_:by:for:_:into:)`` has left them, or as stored where it packs none.
    package func convolve(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, _ input: FeatureMap,
        weights: BufferView,
        into output: FeatureMap, epilogue: Epilogue
    ) {
        check(geometry, by: method, for: .convolution, input: input, output: output, weights: weights)
        switch method {
        case .pointwise, .tiled:
            TiledConvolution(geometry).convolve(input, weights, into: output, epilogue, on: self)
        case .winograd6, .winograd8:
            method.winograd(geometry).convolve(input, weights, into: output, epilogue, on: self)
        }
    }

    /// A transposed convolution's forward pass, or a convolution's input gradient: from the output map to the
    /// input.
    ///
    /// - Parameter weights: as ``pack(_:by:for:_:into:)`` has left them.
    package func convolveTransposed(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, _ output: FeatureMap,
        weights: BufferView,
        into input: FeatureMap, epilogue: Epilogue
    ) {
        check(geometry, by: method, for: .transposed, input: input, output: output, weights: weights)
        switch method {
        case .pointwise, .tiled:
            TiledConvolution(geometry).convolveTransposed(output, weights, into: input, epilogue, on: self)
        case .winograd6, .winograd8:
            method.winograd(geometry).convolveTransposed(output, weights, into: input, epilogue, on: self)
        }
    }

    /// Adds the weights' gradient to `gradient`, which is laid out as the weights are stored.
    ///
    /// - Parameters:
    ///   - input: a convolution's input, or the gradient of a transposed one's output.
    ///   - output: the gradient of a convolution's output, or a transposed one's input.
    ///   - bias: takes the sum of `output` over all pixels, added; only for a method that
    ///     ``ConvolutionMethod/sumsBias``.
    package func addWeightGradient(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, input: FeatureMap, output: FeatureMap,
        into gradient: BufferView, bias: BufferView? = nil
    ) {
        checkMaps(geometry, input: input, output: output)
        precondition(
            gradient.count == geometry.weightCount, "\(gradient.count) weights for \(geometry.weightCount)")
        precondition(bias == nil || method.sumsBias, "\(method) sums no bias")
        switch method {
        case .pointwise, .tiled:
            let convolution = TiledConvolution(geometry)
            convolution.weightGradient(input: input, output: output, into: gradient, on: self)
            convolution.reduceWeightGradient(into: gradient, on: self)
        case .winograd6, .winograd8:
            method.winograd(geometry).addWeightGradient(
                input: input, output: output, into: gradient, bias: bias, on: self)
        }
    }

    /// Rearranges stored weights as a direction wants them, where ``ConvolutionMethod/packed(_:for:)`` is not
    /// 0.
    package func pack(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, for direction: Direction,
        _ weights: BufferView, into packed: BufferView
    ) {
        precondition(
            weights.count == geometry.weightCount && packed.count == method.packed(geometry, for: direction),
            "\(weights.count) weights packed into \(packed.count), for \(geometry.weightCount)")
        switch (method, direction) {
        case (.pointwise, .convolution), (.tiled, .convolution): break
        case (.pointwise, .transposed), (.tiled, .transposed):
            TiledConvolution(geometry).packForTransposed(weights, into: packed, on: self)
        case (.winograd6, .convolution), (.winograd8, .convolution):
            method.winograd(geometry).packForConvolution(weights, into: packed, on: self)
        case (.winograd6, .transposed), (.winograd8, .transposed):
            method.winograd(geometry).packForTransposed(weights, into: packed, on: self)
        }
    }

    private func check(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, for direction: Direction,
        input: FeatureMap,
        output: FeatureMap, weights: BufferView
    ) {
        checkMaps(geometry, input: input, output: output)
        let packed = method.packed(geometry, for: direction)
        let wanted = packed == 0 ? geometry.weightCount : packed
        precondition(weights.count == wanted, "\(weights.count) weights for \(wanted)")
    }

    private func checkMaps(_ geometry: ConvolutionGeometry, input: FeatureMap, output: FeatureMap) {
        precondition(input.shape == geometry.input, "\(input.shape) where \(geometry.input) was planned")
        precondition(
            output.shape == geometry.output, "\(output.shape) where \(geometry.output) was planned")
    }
}
