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

/// c = a · b (+ c) of any size.
///
/// `ahead` is what is read next.
INLINE void multiply(
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
    PIECE(8, 16, 1);
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

/// c = a · b for columns `first ..< last` of one plane of `columns`, b in panels of PANEL columns; c has the columns asked
/// for alone.
INLINE void multiplyPanels(
    long rows, long columns, long depth, const float *a, const float *b, long first, long last, float *c) {
    for (long n = first; n < last;) {
        long panel = n / PANEL * PANEL, width = columns - panel < PANEL ? columns - panel : PANEL;
        long end = panel + width < last ? panel + width : last;
        const float *from = b + panel * depth + (n - panel);
        // Of whole panels the next one follows; otherwise what is next are the same columns of the next plane.
        int isWhole = end - n == width;
        Ahead ahead = {from + (isWhole ? width : columns) * depth, isWhole ? LINE : width, isWhole ? depth * LINE : LINE};
        multiply(rows, end - n, depth, a, depth, 1, from, width, c + (n - first), last - first, 0, ahead);
        n = end;
    }
}

// Rows of the right operand that a product goes through at a time: with 64 columns what the first cache holds.
#define MOST_DEPTH 128

static void NAMED(product)(
    long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, float *c,
    int accumulates) {
    // One pass for a product without depth too, which may still have to leave zeros.
    for (long k = 0; k == 0 || k < depth; k += MOST_DEPTH)
        multiply(rows, columns, depth - k < MOST_DEPTH ? depth - k : MOST_DEPTH, a + k * depthStep, rowStep, depthStep,
            b + k * columns, columns, c, columns, accumulates || k > 0, NOTHING_AHEAD);
}
