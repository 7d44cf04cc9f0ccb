// Vectors of WIDTH floats and what works on them. Included once for each width, within one instruction set.

typedef float VECTOR __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef int WIDE(Mask) __attribute__((vector_size(WIDTH * 4)));

INLINE VECTOR WIDE(load)(const float *place) { return *(const VECTOR *)place; }
INLINE void WIDE(store)(float *place, VECTOR value) { *(VECTOR *)place = value; }
#if WIDTH == 16
typedef float Line __attribute__((vector_size(WIDTH * 4)));
/// Stores a whole cache line past the caches.
INLINE void stream(float *place, VECTOR value) { __builtin_nontemporal_store((Line)value, (Line *)place); }
/// Two vectors of half the width beside each other.
INLINE VECTOR join(Vector8 left, Vector8 right) {
    return __builtin_shufflevector(left, right, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
INLINE Vector8 leftOf(VECTOR value) { return __builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7); }
INLINE Vector8 rightOf(VECTOR value) { return __builtin_shufflevector(value, value, 8, 9, 10, 11, 12, 13, 14, 15); }
#endif
INLINE VECTOR WIDE(splat)(float value) { return value - (VECTOR){}; }

/// Negative values become 0; NaN stays.
INLINE VECTOR WIDE(rectify)(VECTOR value) { return (VECTOR)((WIDE(Mask))value & ~(value < 0.0f)); }

/// `value` where the mask is set, 0 elsewhere.
INLINE VECTOR WIDE(keep)(VECTOR value, WIDE(Mask) mask) { return (VECTOR)((WIDE(Mask))value & mask); }

#include "SourceTransforms.h"
#include "ResultTransforms.h"
#include "WeightTransforms.h"

/// c = a · b (+ c) for `rows` rows of a and WIDTH · `vectors` columns of b; both are constants where it is used, so
/// that the sums stay in registers.
///
/// Rows of a are broadcast value by value, so a may lie by rows (steps depth, 1) or by columns (steps 1, rows).
INLINE void WIDE(multiplyPiece)(
    const int rows, const int vectors, long depth, const float *a, long rowStep, long depthStep, const float *b,
    long bStride, float *c, long cStride, int accumulates, Ahead ahead) {
    VECTOR sum[MOST_SUMS];
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int n = 0; n < vectors; n++)
            sum[row * vectors + n] = accumulates ? WIDE(load)(c + row * cStride + n * WIDTH) : WIDE(splat)(0);
    // One address for four rows, the others of which are one, two and three steps away: an address for each row would
    // be more than a processor has registers for.
    const float *lines[MOST_SUMS / 4];
    UNROLL for (int line = 0; line < (rows + 3) / 4; line++) lines[line] = a + 4 * line * rowStep;
    long thrice = OPAQUE(3 * rowStep);
    for (long k = 0; k < depth; k++) {
        if (ahead.place) __builtin_prefetch(ahead.place + ahead.step * k);
        if (ahead.pixels.place) __builtin_prefetch(ahead.pixels.place + ahead.pixels.step * k, 0, 2);
        VECTOR right[4];
        UNROLL for (int n = 0; n < vectors; n++) right[n] = WIDE(load)(b + n * WIDTH);
        b += bStride;
        UNROLL for (int row = 0; row < rows; row++) {
            const float *line = lines[row / 4];
            VECTOR left = WIDE(splat)(line[row % 4 == 3 ? thrice : row % 4 * rowStep]);
            UNROLL for (int n = 0; n < vectors; n++) sum[row * vectors + n] += left * right[n];
        }
        UNROLL for (int line = 0; line < (rows + 3) / 4; line++) lines[line] = OPAQUE(lines[line] + depthStep);
    }
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int n = 0; n < vectors; n++)
            WIDE(store)(c + row * cStride + n * WIDTH, sum[row * vectors + n]);
}

/// As ``multiplyPiece``, for any number of rows: `most` at a time, then fewer.
INLINE void WIDE(multiplyColumns)(
    const int most, const int vectors, long rows, long depth, const float *a, long rowStep, long depthStep,
    const float *b, long bStride, float *c, long cStride, int accumulates, Ahead ahead) {
    long row = 0;
#define PIECES(count) \
    for (; row + (count) <= rows; row += (count)) { \
        WIDE(multiplyPiece)(count, vectors, depth, a + row * rowStep, rowStep, depthStep, b, bStride, \
            c + row * cStride, cStride, accumulates, ahead); \
        if (ahead.place && (count) == most) ahead.place += ahead.advance; \
        if (ahead.pixels.place) ahead.pixels.place += ahead.pixels.step * depth; \
    }
    PIECES(most);
    // Few rows are few sums, each of which waits for the one before it.
    if (most > 8) PIECES(8);
    PIECES(4);
    PIECES(1);
#undef PIECES
}

/// One step of Adam. The square root of a vector, unlike that of a loop's values, is an instruction: no error to
/// report.
INLINE void WIDE(adam)(
    float *parameters, const float *gradient, float *first, float *second, const AdamStep *step) {
    VECTOR slope = WIDE(load)(gradient);
    VECTOR mean = step->keep1 * WIDE(load)(first) + step->admit1 * slope;
    VECTOR square = step->keep2 * WIDE(load)(second) + step->admit2 * slope * slope;
    WIDE(store)(first, mean);
    WIDE(store)(second, square);
    VECTOR spread = __builtin_elementwise_sqrt(square * step->correction) + step->epsilon;
    WIDE(store)(parameters, WIDE(load)(parameters) - step->rate * mean / spread);
}

#undef VECTOR
#undef WIDTH
#undef WIDE
