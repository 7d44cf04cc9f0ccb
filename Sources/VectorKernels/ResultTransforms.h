// Aᵀ, the transform of results, and A, that of their gradients; included by Width.h.

/// Aᵀ in the even (0) or the odd rows (1): `points` values to every second of `out` ones.
INLINE void WIDE(gatherHalf)(int points, int out, int odd, const VECTOR *m, VECTOR *y) {
    VECTOR one = odd ? m[1] - m[2] : m[1] + m[2];
    VECTOR two = odd ? m[3] - m[4] : m[3] + m[4];
    VECTOR half = points == 8 ? (odd ? m[5] - m[6] : m[5] + m[6]) : one;
    for (int row = odd; row < out; row += 2) {
        VECTOR sum = one + (float)(1 << row) * two;
        if (points == 8) sum += (1.0f / (1 << row)) * half;
        if (row == 0) sum += m[0];
        if (row == out - 1) sum += m[points - 1];
        y[row / 2] = sum;
    }
}

/// A at a pair of points: `out` values to two.
INLINE void WIDE(scatterPair)(int out, int pair, const VECTOR *y, VECTOR *plus, VECTOR *minus) {
    float point = pointOf(pair), square = point * point;
    VECTOR even = y[0], odd = y[1];
    float power = square;
    for (int i = 2; i < out; i += 2) {
        even += power * y[i];
        if (i + 1 < out) odd += power * y[i + 1];
        power *= square;
    }
    *plus = even + point * odd;
    *minus = even - point * odd;
}

INLINE void WIDE(scatterLine)(int points, int out, const VECTOR *y, float *plane, long planeStride) {
    WIDE(store)(plane, y[0]);
    for (int pair = 0; pair < PAIRS(points); pair++) {
        VECTOR plus, minus;
        WIDE(scatterPair)(out, pair, y, &plus, &minus);
        WIDE(store)(plane + (2 * pair + 1) * planeStride, plus);
        WIDE(store)(plane + (2 * pair + 2) * planeStride, minus);
    }
    WIDE(store)(plane + (points - 1) * planeStride, y[out - 1]);
}

/// A·y·Aᵀ, one plane a value. PIXEL(i, j) gives a pixel.
#define SCATTER(PIXEL, FETCH) \
    VECTOR first[7], second[7]; \
    UNROLL for (int pair = 0; pair < PAIRS(points); pair++) { \
        FETCH(pair) \
        UNROLL for (int j = 0; j < out; j++) { \
            VECTOR y[7]; \
            UNROLL for (int i = 0; i < out; i++) y[i] = PIXEL(i, j); \
            WIDE(scatterPair)(out, pair, y, first + j, second + j); \
        } \
        WIDE(scatterLine)(points, out, first, planes + (2 * pair + 1) * points * planeStride, planeStride); \
        WIDE(scatterLine)(points, out, second, planes + (2 * pair + 2) * points * planeStride, planeStride); \
    } \
    UNROLL for (int j = 0; j < out; j++) { \
        first[j] = PIXEL(0, j); \
        second[j] = PIXEL(out - 1, j); \
    } \
    WIDE(scatterLine)(points, out, first, planes, planeStride); \
    WIDE(scatterLine)(points, out, second, planes + (points - 1) * points * planeStride, planeStride)

/// `rows` × `columns` pixels of a map, with zeros for the rest of `out` × `out`.
INLINE void WIDE(scatterPatch)(
    int points, int out, const float *patch, long rows, long columns, long rowStride, long columnStride, long lead,
    float *planes, long planeStride) {
#define PIXEL(i, j) \
    ((i) < rows && (j) < columns ? WIDE(load)(patch + (i) * rowStride + (j) * columnStride) : WIDE(splat)(0))
#define FETCH(pair) FETCH_TILE(patch, pair)
    SCATTER(PIXEL, FETCH);
#undef FETCH
#undef PIXEL
}

#if WIDTH == 16
/// Two whole tiles of half as many channels.
INLINE void scatterTwoPatches(
    int points, int out, const float *left, const float *right, long rowStride, long columnStride, long lead,
    float *planes, long planeStride) {
#define PIXEL(i, j) \
    join(load8(left + (i) * rowStride + (j) * columnStride), load8(right + (i) * rowStride + (j) * columnStride))
#define FETCH(pair) FETCH_TILE(left, pair) FETCH_TILE(right, pair)
    SCATTER(PIXEL, FETCH);
#undef FETCH
#undef PIXEL
}
#endif

/// Aᵀ·m·A of a tile's planes with `bias` added, LINE_DONE(row, y) for each line of it.
#define GATHER(LINE_DONE) \
    UNROLL for (int odd = 0; odd < 2; odd++) { \
        VECTOR half[4][8]; \
        UNROLL for (int j = 0; j < points; j++) { \
            VECTOR m[8], part[4]; \
            const float *column = OPAQUE(planes + j * planeStride); \
            UNROLL for (int i = 0; i < points; i++) m[i] = WIDE(load)(column + i * points * planeStride); \
            /* What is added to the plane of the points (1, 1) is added to every pixel. */ \
            if (j == 1) m[1] += bias; \
            WIDE(gatherHalf)(points, out, odd, m, part); \
            UNROLL for (int row = 0; row < (out + 1 - odd) / 2; row++) half[row][j] = part[row]; \
        } \
        UNROLL for (int row = 0; row < (out + 1 - odd) / 2; row++) { \
            VECTOR y[8], part[4]; \
            WIDE(gatherHalf)(points, out, 0, half[row], part); \
            UNROLL for (int j = 0; j < (out + 1) / 2; j++) y[2 * j] = part[j]; \
            WIDE(gatherHalf)(points, out, 1, half[row], part); \
            UNROLL for (int j = 0; j < out / 2; j++) y[2 * j + 1] = part[j]; \
            LINE_DONE(2 * row + odd, y); \
        } \
    }

/// What a pixel of a tile `lead` floats on is made of.
#define FETCH_FINISHED(offset) \
    if (!streams) __builtin_prefetch(target + (offset) + lead, 1); \
    if (finish.residual) __builtin_prefetch(finish.residual + (offset) + lead); \
    if (finish.mask) __builtin_prefetch(finish.mask + (offset) + lead)

/// Finishes a tile and leaves the `visible` ones of its `out` × `out` pixels, the first of which is (or would be) at
/// `place`: an offset that the target, the residual and the mask have in common.
INLINE void WIDE(gatherPatch)(
    int points, int out, const float *planes, long planeStride, Part visible, float *target, VectorFinish finish,
    long channel, long place, long rowStride, long columnStride, long lead, int streams) {
    VECTOR bias = finish.bias ? WIDE(load)(finish.bias + channel) : WIDE(splat)(0);
#define COLUMNS(BODY) \
    UNROLL for (int j = 0; j < out; j++) \
        if (j >= visible.left && j < visible.right) { \
            long offset = start + j * columnStride; \
            BODY; \
        }
#if WIDTH == 16
#define STORE_COLUMNS \
    if (streams) { \
        COLUMNS(stream(target + offset, y[j])) \
    } else { \
        COLUMNS(WIDE(store)(target + offset, y[j])) \
    }
#else
#define STORE_COLUMNS COLUMNS(WIDE(store)(target + offset, y[j]))
#endif
#define LINE_DONE(row, y) \
    if ((row) >= visible.top && (row) < visible.bottom) { \
        long start = place + (row) * rowStride; \
        if (finish.residual) COLUMNS(y[j] += WIDE(load)(finish.residual + offset)) \
        if (finish.relu) UNROLL for (int j = 0; j < out; j++) y[j] = WIDE(rectify)(y[j]); \
        if (finish.mask) COLUMNS(y[j] = WIDE(keep)(y[j], WIDE(load)(finish.mask + offset) > 0.0f)) \
        STORE_COLUMNS \
        if (lead) COLUMNS(FETCH_FINISHED(offset)) \
    }
    GATHER(LINE_DONE)
#undef LINE_DONE
#undef STORE_COLUMNS
#undef COLUMNS
}

#if WIDTH == 16
/// Two whole tiles of half as many channels.
INLINE void gatherTwoPatches(
    int points, int out, const float *planes, long planeStride, float *target, VectorFinish finish, long channel,
    long leftPlace, long rightPlace, long rowStride, long columnStride, long lead) {
    // Channels that go by twos fill no cache line.
    const int streams = 0;
    VECTOR bias = splat16(0);
    if (finish.bias) bias = join(load8(finish.bias + channel), load8(finish.bias + channel));
#define COLUMNS(BODY) \
    UNROLL for (int j = 0; j < out; j++) { \
        long left = leftPlace + start + j * columnStride, right = rightPlace + start + j * columnStride; \
        BODY; \
    }
#define LINE_DONE(row, y) \
    { \
        long start = (row) * rowStride; \
        if (finish.residual) COLUMNS(y[j] += join(load8(finish.residual + left), load8(finish.residual + right))) \
        if (finish.relu) UNROLL for (int j = 0; j < out; j++) y[j] = rectify16(y[j]); \
        if (finish.mask) \
            COLUMNS(y[j] = keep16(y[j], join(load8(finish.mask + left), load8(finish.mask + right)) > 0.0f)) \
        COLUMNS(store8(target + left, leftOf(y[j])); store8(target + right, rightOf(y[j]))) \
        if (lead) COLUMNS(FETCH_FINISHED(left); FETCH_FINISHED(right)) \
    }
    GATHER(LINE_DONE)
#undef LINE_DONE
#undef COLUMNS
}
#endif
