#ifndef SUPPORT_H
#define SUPPORT_H

#include "VectorKernels.h"

static inline long ceilingDivision(long count, long size) { return (count + size - 1) / size; }

/// Channels as the products' columns have them: the narrowest vector's multiple.
static inline long paddedChannels(long channels) { return (channels + 3) / 4 * 4; }

/// Channels that go into a product, those of all phases.
static inline long sourceDepth(const WinogradShape *shape) {
    return shape->sourceStride * shape->sourceStride * shape->sourceChannels;
}

/// Channels that come out of a product, those of all phases.
static inline long targetDepth(const WinogradShape *shape) {
    return shape->targetStride * shape->targetStride * shape->targetChannels;
}

/// Floats from one plane of a transform to the next. The cache line between keeps planes of a power of two's size from
/// falling into the same sets of the cache ("4 KB aliasing").
static inline long planeStride(long tiles, long channels) { return (tiles * channels + 15) / 16 * 16 + 16; }

/// Floats from one plane of transformed weights to the next: without a gap, but that a plane of whole pages has a line
/// more, for the same reason.
static inline long weightStride(long rows, long columns) {
    long count = rows * paddedChannels(columns);
    return count % 1024 == 0 ? count + 16 : count;
}

extern const VectorKernels vectorKernelsBaseline;
#ifdef __x86_64__
extern const VectorKernels vectorKernelsAVX2;
extern const VectorKernels vectorKernelsAVX512;
#endif

#endif
