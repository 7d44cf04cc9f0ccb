/// How a convolution is computed: the one place where a faster method plugs in.
///
/// The plan asks once per convolution for the ``best(for:)`` method and keeps the answer. A method says how
/// much scratch and how much room for rearranged weights it needs, and runs the three products that training
/// takes. Each method's code is in a file of its own.
package enum ConvolutionMethod: String, Hashable, Sendable, CaseIterable {
    /// 1×1, stride 1: one matrix product straight over the map.
    case pointwise
    /// Windows gathered into tiles that stay in cache, a matrix product for each tile.
    case tiled

    package static func best(for geometry: ConvolutionGeometry) -> ConvolutionMethod {
        geometry.isPointwise ? .pointwise : .tiled
    }

    /// Floats of scratch for each thread, whichever product runs.
    package func scratch(for geometry: ConvolutionGeometry) -> Int {
        switch self {
        case .pointwise, .tiled: TiledConvolution(geometry).scratch
        }
    }

    /// Floats of the weights as ``Workers/gather(_:by:_:weights:into:finish:)`` wants them; 0 where it takes
    /// them as they are stored.
    package func packedForGathering(_ geometry: ConvolutionGeometry) -> Int {
        switch self {
        case .pointwise, .tiled: 0
        }
    }

    /// Floats of the weights as ``Workers/spread(_:by:_:weights:into:finish:)`` wants them.
    package func packedForSpreading(_ geometry: ConvolutionGeometry) -> Int {
        switch self {
        case .pointwise, .tiled: geometry.weightCount
        }
    }
}

/// What is done to a product's values before they are left.
package struct Finish {
    /// Added to every pixel; one value a channel.
    package var bias: Floats?
    /// A map of the same extent, added after the bias.
    package var residual: Map?
    /// Negative values become 0, at the very last.
    package var relu: Bool
    /// Adds to what the target holds instead of replacing it.
    package var accumulates: Bool

    package init(
        bias: Floats? = nil, residual: Map? = nil, relu: Bool = false, accumulates: Bool = false
    ) {
        self.bias = bias
        self.residual = residual
        self.relu = relu
        self.accumulates = accumulates
    }

    var isPlain: Bool { bias == nil && residual == nil && !relu }
}

extension Workers {
    /// A convolution's forward pass, or a transposed convolution's input gradient: from the fine map to the
    /// coarse.
    ///
    /// - Parameter weights: as stored.
    package func gather(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, _ fine: Map, weights: Floats,
        into coarse: Map, finish: Finish
    ) {
        check(geometry, fine: fine, coarse: coarse, weights: weights)
        switch method {
        case .pointwise, .tiled:
            let convolution = TiledConvolution(geometry)
            everywhere { convolution.gather(fine, weights, into: coarse, finish, on: self, thread: $0) }
        }
    }

    /// A transposed convolution's forward pass, or a convolution's input gradient: from the coarse map to the
    /// fine.
    ///
    /// - Parameter weights: as ``pack(_:by:_:into:)`` has left them.
    package func spread(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, _ coarse: Map, weights: Floats,
        into fine: Map, finish: Finish
    ) {
        check(geometry, fine: fine, coarse: coarse, weights: weights)
        switch method {
        case .pointwise, .tiled:
            let convolution = TiledConvolution(geometry)
            everywhere { convolution.spread(coarse, weights, into: fine, finish, on: self, thread: $0) }
        }
    }

    /// Adds the weights' gradient to `gradient`, which is laid out as the weights are stored.
    ///
    /// - Parameters:
    ///   - fine: a convolution's input, or the gradient of a transposed one's output.
    ///   - coarse: the gradient of a convolution's output, or a transposed one's input.
    package func addWeightGradient(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, fine: Map, coarse: Map,
        into gradient: Floats
    ) {
        check(geometry, fine: fine, coarse: coarse, weights: gradient)
        switch method {
        case .pointwise, .tiled:
            let convolution = TiledConvolution(geometry)
            everywhere {
                convolution.weightGradient(fine: fine, coarse: coarse, into: gradient, on: self, thread: $0)
            }
            convolution.reduceWeightGradient(into: gradient, on: self)
        }
    }

    /// Rearranges stored weights as ``spread(_:by:_:weights:into:finish:)`` wants them, on the calling
    /// thread.
    package func pack(
        _ geometry: ConvolutionGeometry, by method: ConvolutionMethod, _ weights: Floats, into packed: Floats
    ) {
        precondition(
            weights.count == geometry.weightCount && packed.count == method.packedForSpreading(geometry),
            "\(weights.count) weights packed into \(packed.count), for \(geometry.weightCount)")
        switch method {
        case .pointwise, .tiled: TiledConvolution(geometry).packForSpreading(weights, into: packed)
        }
    }

    private func check(_ geometry: ConvolutionGeometry, fine: Map, coarse: Map, weights: Floats) {
        precondition(fine.extent == geometry.fine, "\(fine.extent) where \(geometry.fine) was planned")
        precondition(
            coarse.extent == geometry.coarse, "\(coarse.extent) where \(geometry.coarse) was planned")
        precondition(
            weights.count == geometry.weightCount,
            "\(weights.count) weights for \(geometry.weightCount)")
    }
}
