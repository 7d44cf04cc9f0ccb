#ifndef WINOGRAD_POINTS_H
#define WINOGRAD_POINTS_H

#include "simd_prelude.h"

// Winograd's interpolation points, which all transforms share.
//
// A tile's side `tileSize` (α, 6 or 8), the kernel's side `kernelSize` (r) and the side of the tile's results
// `outputTile` (m) are constants wherever a transform is used. The points are 0, ±1, ±2, for α = 8 also ±1/2,
// and infinity. With points in pairs ±p, every transform is an even and an odd part that are added and
// subtracted; a pair of points is a pair of lines of the transform. A transform of two dimensions is two
// passes, a pair of lines at a time, so that what is between the passes stays in registers.
//
// A transform reads or writes up to eight rows of a map beside all planes, more streams than a hardware
// prefetcher tracks. So where a map does not fit a near cache, a transform prefetches the pixels of a tile
// `prefetchOffset` floats ahead, some at a time: a whole tile at once would exceed the misses that a core can
// have outstanding. A prefetch beyond the map cannot fault.

/// How many pairs ±p there are among the points.
#define POINT_PAIRS(tileSize) ((tileSize) / 2 - 1)

/// The positive point of a pair.
INLINE float pairPoint(int pair) { return pair == 0 ? 1.0f : pair == 1 ? 2.0f : 0.5f; }

/// G's factor of a pair: 1 over the product of its points' distances from the others.
INLINE float pairFactor(int tileSize, int pair) {
    if (tileSize == 6) return pair == 0 ? -1.0f / 6 : 1.0f / 24;
    return pair == 0 ? -2.0f / 9 : pair == 1 ? 1.0f / 90 : 32.0f / 45;
}

/// Prefetches two rows for each pair of points (and the last row of seven with the third pair) of the square
/// of outputTile × outputTile pixels from row and column `start` on. The addresses are computed from those of
/// the pixels that the transform reads; others would need registers of their own.
#define PREFETCH_SQUARE(pixels, start, pair) \
    if (prefetchOffset) { \
        UNROLL for (int i = (start) + 2 * (pair); i < (start) + ((pair) == 2 ? outputTile : 2 * (pair) + 2); i++) \
            UNROLL for (int j = (start); j < (start) + outputTile; j++) \
                if (i < (start) + outputTile) \
                    __builtin_prefetch((pixels) + i * rowStride + j * columnStride + prefetchOffset); \
    }
#define PREFETCH_TILE(tile, pair) PREFETCH_SQUARE(tile, 0, pair)

#endif
