// Matrix products whose operands stay in cache; included by Kernels.h.

/// Whether one piece of a product has all of so many columns.
#if WIDEST >= 16
#define STAYS_IN_REGISTERS(columns) \
    ((columns) == 4 || (columns) == 8 || (columns) == 16 || (columns) == 32 || (columns) == 48 || (columns) == 64)
#elif WIDEST >= 8
#define STAYS_IN_REGISTERS(columns) ((columns) == 4 || (columns) == 8 || (columns) == 16)
#else
#define STAYS_IN_REGISTERS(columns) ((columns) == 4 || (columns) == 8)
#endif

#if WIDEST >= 16
// Eight columns fill half of a vector. What lies beside each other in the left operand, two values of a row or of a
// column, then fills it: both are broadcast at once, so that each lane meets one of them, and the sums are taken apart
// at the end.

typedef long TwoFloats __attribute__((aligned(4), may_alias));
typedef long EightPairs __attribute__((vector_size(64)));

/// Two values in turn.
INLINE Vector16 inTurn(const float *place) { return (Vector16)(*(const TwoFloats *)place - (EightPairs){}); }

/// The values of both halves in turn.
INLINE Vector16 weave(Vector16 value) {
    return __builtin_shufflevector(value, value, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

/// Every second value of two vectors, from the first or the second one on.
INLINE Vector16 evenOf(Vector16 left, Vector16 right) {
    return __builtin_shufflevector(left, right, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}
INLINE Vector16 oddOf(Vector16 left, Vector16 right) {
    return __builtin_shufflevector(left, right, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/// Leaves two rows of eight columns.
INLINE void leaveTwo(float *c, long cStride, Vector16 rows, int accumulates) {
    if (accumulates) rows += join(load8(c), load8(c + cStride));
    if (cStride == 8) {
        store16(c, rows);
        return;
    }
    store8(c, leftOf(rows));
    store8(c + cStride, rightOf(rows));
}

/// Eight columns of an even number of rows that lie by rows: two values of a row at once.
INLINE void multiplyEightByRows(
    const int rows, long depth, const float *a, long rowStep, const float *b, long bStride, float *c, long cStride,
    int accumulates, Ahead ahead) {
    Vector16 sum[16];
    UNROLL for (int row = 0; row < rows; row++) sum[row] = splat16(0);
    const float *lines[4];
    UNROLL for (int line = 0; line < (rows + 3) / 4; line++) lines[line] = a + 4 * line * rowStep;
    long thrice = OPAQUE(3 * rowStep), k = 0;
    for (; k + 2 <= depth; k += 2) {
        if (ahead.place) {
            __builtin_prefetch(ahead.place + ahead.step * k);
            __builtin_prefetch(ahead.place + ahead.step * (k + 1));
        }
        Vector16 right = weave(join(load8(b), load8(b + bStride)));
        b += 2 * bStride;
        UNROLL for (int row = 0; row < rows; row++)
            sum[row] += inTurn(lines[row / 4] + (row % 4 == 3 ? thrice : row % 4 * rowStep)) * right;
        UNROLL for (int line = 0; line < (rows + 3) / 4; line++) lines[line] = OPAQUE(lines[line] + 2);
    }
    if (k < depth) {
        Vector16 right = weave(join(load8(b), splat8(0)));
        // Beside the last value a zero, not the value again: infinity times the zero in its lane would be NaN.
        UNROLL for (int row = 0; row < rows; row++) {
            const float values[] = {a[row * rowStep + k], 0};
            sum[row] += inTurn(values) * right;
        }
    }
    UNROLL for (int row = 0; row < rows; row += 2)
        leaveTwo(
            c + row * cStride, cStride, evenOf(sum[row], sum[row + 1]) + oddOf(sum[row], sum[row + 1]), accumulates);
}

/// Eight columns of an even number of rows that lie by columns: two rows at once, steps of the depth by turns in two
/// sums, which need not wait for each other.
INLINE void multiplyEightByColumns(
    const int rows, long depth, const float *a, long depthStep, const float *b, long bStride, float *c, long cStride,
    int accumulates, Ahead ahead) {
    Vector16 sum[16];
    UNROLL for (int pair = 0; pair < rows; pair++) sum[pair] = splat16(0);
    for (long k = 0; k < depth; k += 2) {
        UNROLL for (int turn = 0; turn < 2; turn++)
            if (turn == 0 || k + 1 < depth) {
                if (ahead.place) __builtin_prefetch(ahead.place + ahead.step * (k + turn));
                Vector16 right = weave(join(load8(b), load8(b)));
                UNROLL for (int pair = 0; pair < rows / 2; pair++)
                    sum[2 * pair + turn] += inTurn(a + 2 * pair) * right;
                a += depthStep;
                b += bStride;
            }
    }
    UNROLL for (int pair = 0; pair < rows / 2; pair++) {
        Vector16 both = sum[2 * pair] + sum[2 * pair + 1];
        leaveTwo(
            c + 2 * pair * cStride, cStride, join(leftOf(evenOf(both, both)), leftOf(oddOf(both, both))), accumulates);
    }
}

/// All planes' products of eight channels to eight, in place of their left operands; weights lie by planes without
/// gaps. The products are so small that calls of their own would take as long.
static NOINLINE void NAMED(multiplyEightPlanes)(
    long planes, long count, float *spread, long stride, const float *weights) {
    for (long plane = 0; plane < planes; plane++, spread += stride, weights += 64) {
        long row = 0;
#define PIECES(rows) \
    for (; row + (rows) <= count; row += (rows)) \
        multiplyEightByRows( \
            rows, 8, spread + row * 8, 8, weights, 8, spread + row * 8, 8, 0, NOTHING_AHEAD);
        PIECES(16)
        PIECES(8)
        PIECES(2)
#undef PIECES
        if (row < count)
            multiplyPiece8(
                1, 1, 8, spread + row * 8, 8, 1, weights, 8, spread + row * 8, 8, 0, NOTHING_AHEAD);
    }
}

/// As ``multiplyEightPlanes``, the sums over tiles for the weights' gradient.
static NOINLINE void NAMED(sumEightPlanes)(
    long planes, long count, const float *spread, long spreadStride, const float *scattered, long scatterStride,
    float *sums, int accumulates) {
    for (long plane = 0; plane < planes; plane++)
        multiplyEightByColumns(
            8, count, spread + plane * spreadStride, 8, scattered + plane * scatterStride, 8, sums + 64 * plane, 8,
            accumulates, NOTHING_AHEAD);
}

/// Eight columns of any number of rows.
INLINE void multiplyEight(
    long rows, long depth, const float *a, long rowStep, long depthStep, const float *b, long bStride, float *c,
    long cStride, int accumulates, Ahead ahead) {
    long row = 0;
#define PIECES(count) \
    for (; row + (count) <= rows; row += (count)) { \
        const float *from = a + row * rowStep; \
        float *to = c + row * cStride; \
        if (depthStep == 1) \
            multiplyEightByRows(count, depth, from, rowStep, b, bStride, to, cStride, accumulates, ahead); \
        else \
            multiplyEightByColumns(count, depth, from, depthStep, b, bStride, to, cStride, accumulates, ahead); \
        if (ahead.place && (count) == 16) ahead.place += ahead.advance; \
    }
    PIECES(16)
    PIECES(8)
    PIECES(2)
#undef PIECES
    multiplyColumns8(
        1, 1, rows - row, depth, a + row * rowStep, rowStep, depthStep, b, bStride, c + row * cStride, cStride,
        accumulates, ahead);
}
#endif

/// c = a · b (+ c) of any size.
///
/// `ahead` is what is read next.
static NOINLINE void NAMED(multiply)(
    long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, long bStride,
    float *c, long cStride, int accumulates, Ahead ahead) {
    long n = 0;
#define PIECE(width, most, vectors) \
    for (; n + (width) * (vectors) <= columns; n += (width) * (vectors)) \
        multiplyColumns##width(most, vectors, rows, depth, a, rowStep, depthStep, b + n, bStride, c + n, cStride, \
            accumulates, ahead)
#if WIDEST >= 16
    PIECE(16, 6, 4);
    PIECE(16, 8, 3);
    PIECE(16, 12, 2);
    PIECE(16, 16, 1);
    if (n + 8 <= columns) {
        multiplyEight(
            rows, depth, a, rowStep, depthStep, b + n, bStride, c + n, cStride, accumulates, ahead);
        n += 8;
    }
    PIECE(4, 16, 1);
#elif WIDEST >= 8
    PIECE(8, 6, 2);
    PIECE(8, 12, 1);
    PIECE(4, 12, 1);
#elif REGISTERS >= 32
    PIECE(4, 6, 4);
    PIECE(4, 8, 3);
    PIECE(4, 12, 2);
    PIECE(4, 16, 1);
#else
    PIECE(4, 6, 2);
    PIECE(4, 12, 1);
#endif
    PIECE(1, 12, 1);
#undef PIECE
}

/// Steps of depth that a product makes for its first columns, in all pieces of its rows together.
INLINE long stepsOfProduct(long rows, long columns, long depth) {
#if WIDEST >= 16
    long most = columns >= 64 ? 6 : columns >= 48 ? 8 : columns >= 32 ? 12 : 16;
#else
    long most = columns >= 2 * WIDEST ? 6 : 12;
#endif
    return ceilingDivision(rows, most) * depth;
}

/// c = a · b for columns `first ..< last` of one plane of `columns`, b in panels of PANEL columns; c has the columns
/// asked for alone.
INLINE void multiplyPanels(
    long rows, long columns, long depth, const float *a, const float *b, long first, long last, float *c,
    Stretch pixels) {
    for (long n = first; n < last;) {
        long panel = n / PANEL * PANEL, width = columns - panel < PANEL ? columns - panel : PANEL;
        long end = panel + width < last ? panel + width : last;
        const float *from = b + panel * depth + (n - panel);
        // Of whole panels the next one follows; otherwise what is next are the same columns of the next plane.
        int isWhole = end - n == width;
        Ahead ahead = {
            from + (isWhole ? width : columns) * depth, isWhole ? LINE : width, isWhole ? depth * LINE : LINE, pixels};
        NAMED(multiply)(rows, end - n, depth, a, depth, 1, from, width, c + (n - first), last - first, 0, ahead);
        n = end;
        pixels.place = 0;
    }
}

// Rows of the right operand that a product goes through at a time: with 64 columns what the first cache holds.
#define MOST_DEPTH 128

static void NAMED(product)(
    long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, float *c,
    int accumulates) {
    // One pass for a product without depth too, which may still have to leave zeros.
    for (long k = 0; k == 0 || k < depth; k += MOST_DEPTH)
        NAMED(multiply)(
            rows, columns, depth - k < MOST_DEPTH ? depth - k : MOST_DEPTH, a + k * depthStep, rowStep, depthStep,
            b + k * columns, columns, c, columns, accumulates || k > 0, NOTHING_AHEAD);
}
