// Winograd's interpolation points, which all transforms share; included by Kernels.h.
//
// Tiles are of `points` × `points` pixels, 6 or 8, which is a constant wherever a function is used, as are the taps of
// the kernel and the pixels that come out. The points are 0, ±1, ±2, for 8 also ±1/2, and infinity. With points in pairs
// ±p, every transform is even and odd parts that are added and subtracted; a pair of points is a pair of lines of the
// transform. Two passes make a transform of two dimensions, a pair of lines at a time, so that what is between the
// passes stays in registers.
//
// Eight lines of a map at once, among those of all planes, are more than a processor's own prefetcher follows. So where
// a map lies far away (`lead` is not 0) a transform fetches the pixels of a tile `lead` floats on, some at a time: all
// at once they would be more than a core can wait for. What lies beyond the map cannot fault there.

/// Pairs ±p among the points.
#define PAIRS(points) ((points) / 2 - 1)

/// The positive point of a pair.
INLINE float pointOf(int pair) { return pair == 0 ? 1.0f : pair == 1 ? 2.0f : 0.5f; }

/// G's factor of a pair: 1 over the product of its points' distances from the others.
INLINE float factorOf(int points, int pair) {
    if (points == 6) return pair == 0 ? -1.0f / 6 : 1.0f / 24;
    return pair == 0 ? -2.0f / 9 : pair == 1 ? 1.0f / 90 : 32.0f / 45;
}

/// Two rows, from row and column `start` on, of `out` × `out` pixels for each pair of points; of seven the last one too.
/// Addresses are those of the pixels that the transform reads, or the compiler would need registers for others.
#define FETCH_SQUARE(pixels, start, pair) \
    if (lead) { \
        UNROLL for (int i = (start) + 2 * (pair); i < (start) + ((pair) == 2 ? out : 2 * (pair) + 2); i++) \
            UNROLL for (int j = (start); j < (start) + out; j++) \
                if (i < (start) + out) __builtin_prefetch((pixels) + i * rowStride + j * columnStride + lead); \
    }
#define FETCH_TILE(tile, pair) FETCH_SQUARE(tile, 0, pair)
