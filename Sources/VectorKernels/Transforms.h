// Winograd's transforms for vectors of one width; included by Width.h. Tiles are of `points` × `points` pixels, 6 or 8,
// which is a constant wherever a function is used, as are the taps of the kernel and the pixels that come out.
//
// The interpolation points are 0, ±1, ±2, for 8 also ±1/2, and infinity. With points in pairs ±p, every transform is even
// and odd parts that are added and subtracted; a pair of points is a pair of lines of the transform. Two passes make a
// transform of two dimensions, a pair of lines at a time, so that what is between the passes stays in registers.

/// Pairs ±p among the points.
#define PAIRS(points) ((points) / 2 - 1)

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

// Eight lines of a map at once, among those of all planes, are more than a processor's own prefetcher follows. So where a
// map lies far away (`lead` is not 0) a transform fetches the pixels of a tile `lead` floats on, some at a time: all at once
// they would be more than a core can wait for. What lies beyond the map cannot fault there.
#define FETCH_NOTHING(pair)

/// Two rows for each pair of points, of those rows and columns of a patch that no tile before or above has read.
#define FETCH_PATCH(patch, pair) \
    if (lead) { \
        UNROLL for (int i = points - out + 2 * (pair); i < points - out + 2 * (pair) + 2; i++) \
            UNROLL for (int j = points - out; j < points; j++) \
                if (i < points) __builtin_prefetch((patch) + i * rowStride + j * columnStride + lead); \
    }

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
    float point = pair == 0 ? 1.0f : pair == 1 ? 2.0f : 0.5f, square = point * point;
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

/// Two rows of a tile for each pair of points, of seven the last one too.
#define FETCH_TILE(tile, pair) \
    if (lead) { \
        UNROLL for (int i = 2 * (pair); i < ((pair) == 2 ? out : 2 * (pair) + 2); i++) \
            UNROLL for (int j = 0; j < out; j++) \
                if (i < out) __builtin_prefetch((tile) + i * rowStride + j * columnStride + lead); \
    }

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

/// Finishes a tile and leaves the `visible` ones of its `out` × `out` pixels, the first of which is (or would be) at `place`: an
/// offset that the target, the residual and the mask have in common.
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

/// `taps` values of a kernel's line to `points`: G, the rows of which are 1, a, a² … for each point a, over the product of
/// its distances from the others.
INLINE void WIDE(spreadKernel)(int points, int taps, const VECTOR *w, VECTOR *u, long step) {
    u[0] = (points == 6 ? 0.25f : 1.0f) * w[0];
    for (int pair = 0; pair < PAIRS(points); pair++) {
        float point = pair == 0 ? 1.0f : pair == 1 ? 2.0f : 0.5f, square = point * point;
        float weight = points == 6 ? (pair == 0 ? -1.0f / 6 : 1.0f / 24)
                                   : (pair == 0 ? -2.0f / 9 : pair == 1 ? 1.0f / 90 : 32.0f / 45);
        VECTOR even = w[0], odd = w[1];
        if (taps > 2) even += square * w[2];
        if (taps > 4) {
            even += square * square * w[4];
            odd += square * w[3];
        }
        even *= weight;
        odd *= weight * point;
        u[(2 * pair + 1) * step] = even + odd;
        u[(2 * pair + 2) * step] = even - odd;
    }
    u[(points - 1) * step] = w[taps - 1];
}

/// `points` values to `taps`: Gᵀ, the adjoint of ``spreadKernel``.
INLINE void WIDE(gatherKernel)(int points, int taps, const VECTOR *u, VECTOR *w, long step) {
    for (int tap = 0; tap < taps; tap++) w[tap * step] = WIDE(splat)(0);
    w[0] = (points == 6 ? 0.25f : 1.0f) * u[0];
    for (int pair = 0; pair < PAIRS(points); pair++) {
        float point = pair == 0 ? 1.0f : pair == 1 ? 2.0f : 0.5f;
        float weight = points == 6 ? (pair == 0 ? -1.0f / 6 : 1.0f / 24)
                                   : (pair == 0 ? -2.0f / 9 : pair == 1 ? 1.0f / 90 : 32.0f / 45);
        VECTOR sum = u[2 * pair + 1] + u[2 * pair + 2], difference = u[2 * pair + 1] - u[2 * pair + 2];
        for (int tap = 0; tap < taps; tap++) {
            w[tap * step] += weight * (tap % 2 == 0 ? sum : difference);
            weight *= point;
        }
    }
    w[(taps - 1) * step] += u[points - 1];
}

/// G·w·Gᵀ of kernels that lie side by side: one plane a value.
INLINE void WIDE(spreadWeights)(
    int points, int taps, const float *weights, TapPlaces places, float *planes, long planeStride) {
    VECTOR half[40], column[5], row[8];
    for (int j = 0; j < taps; j++) {
        for (int i = 0; i < taps; i++) {
            int isThere = i < places.rows && j < places.columns;
            column[i] = isThere ? WIDE(load)(weights + i * places.rowStep + j * places.columnStep) : WIDE(splat)(0);
        }
        WIDE(spreadKernel)(points, taps, column, half + j, taps);
    }
    for (int i = 0; i < points; i++) {
        WIDE(spreadKernel)(points, taps, half + taps * i, row, 1);
        for (int j = 0; j < points; j++) {
            float *place = planes + (points * i + j) * planeStride;
            WIDE(store)(place, row[j]);
            __builtin_prefetch(place + LINE, 1);
        }
    }
}

/// Adds Gᵀ·(sum over parts)·G to kernels that lie side by side.
INLINE void WIDE(restoreWeights)(
    int points, int taps, const float *sums, long parts, long partStride, long planeStride, float *gradient,
    TapPlaces places) {
    VECTOR half[40], column[8], row[5];
    for (int j = 0; j < points; j++) {
        for (int i = 0; i < points; i++) {
            const float *place = sums + (points * i + j) * planeStride;
            column[i] = WIDE(load)(place);
            // Sixty-four places at once are more than the processor's own prefetcher follows.
            __builtin_prefetch(place + LINE);
            for (long part = 1; part < parts; part++) {
                column[i] += WIDE(load)(place + part * partStride);
                __builtin_prefetch(place + part * partStride + LINE);
            }
        }
        WIDE(gatherKernel)(points, taps, column, half + j, points);
    }
    for (int i = 0; i < places.rows; i++) {
        WIDE(gatherKernel)(points, taps, half + points * i, row, 1);
        for (int j = 0; j < places.columns; j++) {
            float *place = gradient + i * places.rowStep + j * places.columnStep;
            WIDE(store)(place, WIDE(load)(place) + row[j]);
        }
    }
}
