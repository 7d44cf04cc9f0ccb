// Bᵀ, the source's transform; included by Width.h.

/// Bᵀ at a pair of points: d[1] … d[points − 2] to two values.
INLINE void WIDE(spreadPair)(int points, int pair, const VECTOR *d, VECTOR *plus, VECTOR *minus) {
    VECTOR even, odd;
    if (points == 6) {
        if (pair == 0) {
            even = d[4] - 4.0f * d[2];
            odd = d[3] - 4.0f * d[1];
        } else {
            even = d[4] - d[2];
            odd = 2.0f * (d[3] - d[1]);
        }
    } else if (pair == 0) {
        even = (d[2] + d[6]) - 4.25f * d[4];
        odd = (d[1] + d[5]) - 4.25f * d[3];
    } else if (pair == 1) {
        even = (d[6] - 1.25f * d[4]) + 0.25f * d[2];
        odd = 2.0f * ((d[5] - 1.25f * d[3]) + 0.25f * d[1]);
    } else {
        even = (d[6] - 5.0f * d[4]) + 4.0f * d[2];
        odd = 0.5f * ((d[5] - 5.0f * d[3]) + 4.0f * d[1]);
    }
    *plus = even + odd;
    *minus = even - odd;
}

/// Bᵀ at 0.
INLINE VECTOR WIDE(spreadZero)(int points, const VECTOR *d) {
    return points == 6 ? 4.0f * d[0] + (d[4] - 5.0f * d[2]) : (d[0] - d[6]) + 5.25f * (d[4] - d[2]);
}

/// Bᵀ at infinity.
INLINE VECTOR WIDE(spreadInfinity)(int points, const VECTOR *d) {
    return points == 6 ? 4.0f * d[1] + (d[5] - 5.0f * d[3]) : (d[7] - d[1]) + 5.25f * (d[3] - d[5]);
}

/// One line of a tile's transform: the second pass over what the first one left.
INLINE void WIDE(spreadLine)(int points, const VECTOR *d, float *plane, long planeStride) {
    WIDE(store)(plane, WIDE(spreadZero)(points, d));
    for (int pair = 0; pair < PAIRS(points); pair++) {
        VECTOR plus, minus;
        WIDE(spreadPair)(points, pair, d, &plus, &minus);
        WIDE(store)(plane + (2 * pair + 1) * planeStride, plus);
        WIDE(store)(plane + (2 * pair + 2) * planeStride, minus);
    }
    WIDE(store)(plane + (points - 1) * planeStride, WIDE(spreadInfinity)(points, d));
}

#define FETCH_NOTHING(pair)

/// The rows and columns of a patch that no tile before or above has read.
#define FETCH_PATCH(patch, pair) FETCH_SQUARE(patch, points - out, pair)

/// Bᵀ·d·B, one plane a value. PIXEL(i, j) gives a pixel.
#define SPREAD(PIXEL, FETCH) \
    VECTOR first[8], second[8]; \
    UNROLL for (int pair = 0; pair < PAIRS(points); pair++) { \
        FETCH(pair) \
        UNROLL for (int j = 0; j < points; j++) { \
            VECTOR d[8]; \
            UNROLL for (int i = 1; i < points - 1; i++) d[i] = PIXEL(i, j); \
            WIDE(spreadPair)(points, pair, d, first + j, second + j); \
        } \
        WIDE(spreadLine)(points, first, planes + (2 * pair + 1) * points * planeStride, planeStride); \
        WIDE(spreadLine)(points, second, planes + (2 * pair + 2) * points * planeStride, planeStride); \
    } \
    UNROLL for (int j = 0; j < points; j++) { \
        VECTOR d[8]; \
        UNROLL for (int i = 0; i < points; i++) d[i] = PIXEL(i, j); \
        first[j] = WIDE(spreadZero)(points, d); \
        second[j] = WIDE(spreadInfinity)(points, d); \
    } \
    WIDE(spreadLine)(points, first, planes, planeStride); \
    WIDE(spreadLine)(points, second, planes + (points - 1) * points * planeStride, planeStride)

/// A tile that lies inside of a map.
INLINE void WIDE(spreadPatch)(
    int points, int out, const float *patch, long rowStride, long columnStride, long lead, float *planes,
    long planeStride) {
#define PIXEL(i, j) WIDE(load)(patch + (i) * rowStride + (j) * columnStride)
#define FETCH(pair) FETCH_PATCH(patch, pair)
    SPREAD(PIXEL, FETCH);
#undef FETCH
#undef PIXEL
}

/// A tile whose pixels lie anywhere.
INLINE void WIDE(spreadPixels)(
    int points, const float *const *pixels, long channel, float *planes, long planeStride) {
#define PIXEL(i, j) WIDE(load)(pixels[8 * (i) + (j)] + channel)
    SPREAD(PIXEL, FETCH_NOTHING);
#undef PIXEL
}

#if WIDTH == 16
/// Two tiles of half as many channels.
INLINE void spreadTwoPatches(
    int points, int out, const float *left, const float *right, long rowStride, long columnStride, long lead,
    float *planes, long planeStride) {
    // Joined once, for a pixel is read four times; hidden, or the compiler would join it four times after all.
    Vector16 joined[64];
    UNROLL for (int i = 0; i < points; i++)
        UNROLL for (int j = 0; j < points; j++)
            joined[8 * i + j] = join(
                load8(left + i * rowStride + j * columnStride), load8(right + i * rowStride + j * columnStride));
    const Vector16 *pixels = OPAQUE(&joined[0]);
#define PIXEL(i, j) pixels[8 * (i) + (j)]
#define FETCH(pair) FETCH_PATCH(left, pair) FETCH_PATCH(right, pair)
    SPREAD(PIXEL, FETCH);
#undef FETCH
#undef PIXEL
}

INLINE void spreadTwoPixels(
    int points, const float *const *left, const float *const *right, float *planes, long planeStride) {
#define PIXEL(i, j) join(load8(left[8 * (i) + (j)]), load8(right[8 * (i) + (j)]))
    SPREAD(PIXEL, FETCH_NOTHING);
#undef PIXEL
}
#endif
