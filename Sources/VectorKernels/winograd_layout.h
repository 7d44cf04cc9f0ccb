#ifndef WINOGRAD_LAYOUT_H
#define WINOGRAD_LAYOUT_H

#include "VectorKernels.h"

// How the transforms' planes lie in memory. A plane is the matrix of one of a tile's tileSize² coefficients,
// [tile][channel] for maps and [input channel][output channel] for weights.

static inline long ceilingDivision(long count, long size) { return (count + size - 1) / size; }

/// Channels as the products' columns have them: rounded up to a multiple of the narrowest vector.
static inline long paddedChannels(long channels) { return (channels + 3) / 4 * 4; }

/// m = α + 1 − r, a side of the square of results that a tile gives.
static inline long outputTileSize(const WinogradShape *shape) { return shape->tileSize + 1 - shape->kernelSize; }

/// Channels that go into a product, those of all phases.
static inline long inputDepth(const WinogradShape *shape) {
    return shape->inputStride * shape->inputStride * shape->inputChannels;
}

/// Channels that come out of a product, those of all phases.
static inline long outputDepth(const WinogradShape *shape) {
    return shape->outputStride * shape->outputStride * shape->outputChannels;
}

/// Floats from one plane of a map's transform to the next. The cache line between them keeps planes whose
/// size is a power of two from falling into the same sets of the cache ("4 KB aliasing").
static inline long planeStride(long tiles, long channels) { return (tiles * channels + 15) / 16 * 16 + 16; }

/// Floats from one plane of transformed weights to the next. There is no gap, except that a plane of whole
/// pages has a cache line more, for the same reason.
static inline long filterPlaneStride(long rows, long columns) {
    long count = rows * paddedChannels(columns);
    return count % 1024 == 0 ? count + 16 : count;
}

#endif
