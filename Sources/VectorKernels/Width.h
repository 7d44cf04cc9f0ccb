// Vectors of WIDTH floats and what works on them. Included once for each width, within one instruction set.

typedef float VECTOR __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef int WIDE(Mask) __attribute__((vector_size(WIDTH * 4)));

INLINE VECTOR WIDE(load)(const float *place) { return *(const VECTOR *)place; }
INLINE void WIDE(store)(float *place, VECTOR value) { *(VECTOR *)place = value; }
INLINE VECTOR WIDE(splat)(float value) { return value - (VECTOR){}; }

/// `value` where the mask is set, 0 elsewhere.
INLINE VECTOR WIDE(keep)(VECTOR value, WIDE(Mask) mask) { return (VECTOR)((WIDE(Mask))value & mask); }

/// Six values to six: Bᵀ of F(4, 3), which is that of F(2, 5) too, the points being the same.
INLINE void WIDE(spreadSix)(VECTOR d0, VECTOR d1, VECTOR d2, VECTOR d3, VECTOR d4, VECTOR d5, VECTOR *out, long step) {
    VECTOR even = d4 - 4.0f * d2, odd = d3 - 4.0f * d1;
    VECTOR slope = d4 - d2, turn = d3 - d1;
    out[0] = 4.0f * d0 + (d4 - 5.0f * d2);
    out[step] = even + odd;
    out[2 * step] = even - odd;
    out[3 * step] = slope + 2.0f * turn;
    out[4 * step] = slope - 2.0f * turn;
    out[5 * step] = 4.0f * d1 + (d5 - 5.0f * d3);
}

/// Columns of a patch, halfway transformed, to Bᵀ·d·B: one plane a value.
INLINE void WIDE(spreadRows)(const VECTOR *half, float *planes, long planeStride) {
    VECTOR row[6];
    for (int i = 0; i < 6; i++) {
        const VECTOR *line = half + 6 * i;
        WIDE(spreadSix)(line[0], line[1], line[2], line[3], line[4], line[5], row, 1);
        for (int j = 0; j < 6; j++) WIDE(store)(planes + (6 * i + j) * planeStride, row[j]);
    }
}

/// A patch of 6 × 6 pixels inside of a map to its transform.
INLINE void WIDE(spreadPatch)(const float *patch, long rowStride, long columnStride, float *planes, long planeStride) {
    VECTOR half[36];
    for (int j = 0; j < 6; j++) {
        const float *column = patch + j * columnStride;
        WIDE(spreadSix)(
            WIDE(load)(column), WIDE(load)(column + rowStride), WIDE(load)(column + 2 * rowStride),
            WIDE(load)(column + 3 * rowStride), WIDE(load)(column + 4 * rowStride),
            WIDE(load)(column + 5 * rowStride), half + j, 6);
    }
    WIDE(spreadRows)(half, planes, planeStride);
}

/// 6 × 6 pixels that lie anywhere to their transform.
INLINE void WIDE(spreadPixels)(const float *const *pixels, long channel, float *planes, long planeStride) {
    VECTOR half[36], column[6];
    for (int j = 0; j < 6; j++) {
        for (int i = 0; i < 6; i++) column[i] = WIDE(load)(pixels[6 * i + j] + channel);
        WIDE(spreadSix)(column[0], column[1], column[2], column[3], column[4], column[5], half + j, 6);
    }
    WIDE(spreadRows)(half, planes, planeStride);
}

/// Six values to `out` = 4 or 2: Aᵀ of F(4, 3) or F(2, 5).
INLINE void WIDE(gatherSix)(int out, const VECTOR *m, VECTOR *y, long step) {
    VECTOR sum1 = m[1] + m[2], sum2 = m[3] + m[4];
    VECTOR turn1 = m[1] - m[2], turn2 = m[3] - m[4];
    y[0] = m[0] + sum1 + sum2;
    if (out == 4) {
        y[step] = turn1 + 2.0f * turn2;
        y[2 * step] = sum1 + 4.0f * sum2;
        y[3 * step] = turn1 + 8.0f * turn2 + m[5];
    } else {
        y[step] = turn1 + 2.0f * turn2 + m[5];
    }
}

/// 36 planes to `out` × `out` pixels: Aᵀ·m·A.
INLINE void WIDE(gatherPatch)(int out, const float *planes, long planeStride, VECTOR *y) {
    VECTOR half[24], column[6];
    for (int j = 0; j < 6; j++) {
        for (int i = 0; i < 6; i++) column[i] = WIDE(load)(planes + (6 * i + j) * planeStride);
        WIDE(gatherSix)(out, column, half + j, 6);
    }
    for (int i = 0; i < out; i++) WIDE(gatherSix)(out, half + 6 * i, y + out * i, 1);
}

/// `out` values to six: A, the adjoint of ``gatherSix``.
INLINE void WIDE(scatterSix)(int out, const VECTOR *y, VECTOR *m, long step) {
    if (out == 4) {
        VECTOR even = y[0] + y[2], odd = y[1] + y[3];
        VECTOR steep = y[0] + 4.0f * y[2], turn = 2.0f * y[1] + 8.0f * y[3];
        m[0] = y[0];
        m[step] = even + odd;
        m[2 * step] = even - odd;
        m[3 * step] = steep + turn;
        m[4 * step] = steep - turn;
        m[5 * step] = y[3];
    } else {
        m[0] = y[0];
        m[step] = y[0] + y[1];
        m[2 * step] = y[0] - y[1];
        m[3 * step] = y[0] + 2.0f * y[1];
        m[4 * step] = y[0] - 2.0f * y[1];
        m[5 * step] = y[1];
    }
}

/// `out` × `out` pixels to 36 planes: A·y·Aᵀ.
INLINE void WIDE(scatterPixels)(int out, const VECTOR *pixels, float *planes, long planeStride) {
    VECTOR half[24], column[4], row[6];
    for (int j = 0; j < out; j++) {
        for (int i = 0; i < out; i++) column[i] = pixels[out * i + j];
        WIDE(scatterSix)(out, column, half + j, out);
    }
    for (int i = 0; i < 6; i++) {
        WIDE(scatterSix)(out, half + out * i, row, 1);
        for (int j = 0; j < 6; j++) WIDE(store)(planes + (6 * i + j) * planeStride, row[j]);
    }
}

/// `rows` × `columns` pixels of a map, with zeros for the rest of `out` × `out`, to their transform.
INLINE void WIDE(scatterPatch)(
    int out, const float *patch, long rows, long columns, long rowStride, long columnStride, float *planes,
    long planeStride) {
    VECTOR pixels[16];
    for (int i = 0; i < out; i++)
        for (int j = 0; j < out; j++)
            pixels[out * i + j] = i < rows && j < columns ? WIDE(load)(patch + i * rowStride + j * columnStride)
                                                          : WIDE(splat)(0);
    WIDE(scatterPixels)(out, pixels, planes, planeStride);
}

/// `count` values of a kernel's line to six: G, the rows of which are 1, a, a² … for each point a, over the product of
/// its distances from the others.
INLINE void WIDE(spreadKernel)(int count, const VECTOR *w, VECTOR *u, long step) {
    VECTOR even = w[0] + w[2], odd = w[1];
    VECTOR steepEven = w[0] + 4.0f * w[2], steepOdd = 2.0f * w[1];
    if (count == 5) {
        even += w[4];
        odd += w[3];
        steepEven += 16.0f * w[4];
        steepOdd += 8.0f * w[3];
    }
    u[0] = 0.25f * w[0];
    u[step] = (-1.0f / 6) * (even + odd);
    u[2 * step] = (-1.0f / 6) * (even - odd);
    u[3 * step] = (1.0f / 24) * (steepEven + steepOdd);
    u[4 * step] = (1.0f / 24) * (steepEven - steepOdd);
    u[5 * step] = w[count - 1];
}

/// Six values to `count`: Gᵀ, the adjoint of ``spreadKernel``.
INLINE void WIDE(gatherKernel)(int count, const VECTOR *u, VECTOR *w, long step) {
    VECTOR sum1 = (-1.0f / 6) * (u[1] + u[2]), turn1 = (-1.0f / 6) * (u[1] - u[2]);
    VECTOR sum2 = (1.0f / 24) * (u[3] + u[4]), turn2 = (1.0f / 24) * (u[3] - u[4]);
    w[0] = 0.25f * u[0] + sum1 + sum2;
    w[step] = turn1 + 2.0f * turn2;
    w[2 * step] = sum1 + 4.0f * sum2;
    if (count == 5) {
        w[3 * step] = turn1 + 8.0f * turn2;
        w[4 * step] = sum1 + 16.0f * sum2 + u[5];
    } else {
        w[2 * step] += u[5];
    }
}

/// G·w·Gᵀ of kernels that lie side by side: one plane a value.
INLINE void WIDE(spreadWeights)(int kernel, const float *weights, long tapStride, int turned, float *planes,
    long planeStride) {
    VECTOR half[30], column[5], row[6];
    for (int j = 0; j < kernel; j++) {
        for (int i = 0; i < kernel; i++) {
            int tap = i * kernel + j;
            if (turned) tap = kernel * kernel - 1 - tap;
            column[i] = WIDE(load)(weights + tap * tapStride);
        }
        WIDE(spreadKernel)(kernel, column, half + j, kernel);
    }
    for (int i = 0; i < 6; i++) {
        WIDE(spreadKernel)(kernel, half + kernel * i, row, 1);
        for (int j = 0; j < 6; j++) WIDE(store)(planes + (6 * i + j) * planeStride, row[j]);
    }
}

/// Adds Gᵀ·(sum over parts)·G to kernels that lie side by side.
INLINE void WIDE(restoreWeights)(
    int kernel, const float *sums, long parts, long partStride, long planeStride, float *gradient, long tapStride) {
    VECTOR half[30], column[6], row[5];
    for (int j = 0; j < 6; j++) {
        for (int i = 0; i < 6; i++) {
            const float *place = sums + (6 * i + j) * planeStride;
            column[i] = WIDE(load)(place);
            for (long part = 1; part < parts; part++) column[i] += WIDE(load)(place + part * partStride);
        }
        WIDE(gatherKernel)(kernel, column, half + j, 6);
    }
    for (int i = 0; i < kernel; i++) {
        WIDE(gatherKernel)(kernel, half + 6 * i, row, 1);
        for (int j = 0; j < kernel; j++) {
            float *place = gradient + (i * kernel + j) * tapStride;
            WIDE(store)(place, WIDE(load)(place) + row[j]);
        }
    }
}

/// Finishes `rows` × `columns` of the `out` × `out` pixels of a tile and leaves them at `place`, an offset that the
/// target, the residual and the mask have in common.
INLINE void WIDE(finishPatch)(
    int out, VECTOR *y, long rows, long columns, float *target, const VectorFinish *finish, long channel, long place,
    long rowStride, long columnStride) {
    if (finish->bias) {
        VECTOR bias = WIDE(load)(finish->bias + channel);
        for (int i = 0; i < out * out; i++) y[i] += bias;
    }
    for (int i = 0; i < out; i++) {
        if (i >= rows) break;
        for (int j = 0; j < out; j++) {
            if (j >= columns) break;
            long offset = place + i * rowStride + j * columnStride;
            VECTOR value = y[out * i + j];
            if (finish->residual) value += WIDE(load)(finish->residual + offset);
            if (finish->relu) value = WIDE(keep)(value, ~(value < 0.0f));
            if (finish->mask) value = WIDE(keep)(value, WIDE(load)(finish->mask + offset) > 0.0f);
            WIDE(store)(target + offset, value);
        }
    }
}

/// c = a · b (+ c) for `rows` rows of a and WIDTH · `vectors` columns of b; both are constants where it is used, so that
/// the sums stay in registers.
///
/// Rows of a are broadcast value by value, so a may lie by rows (steps depth, 1) or by columns (steps 1, rows).
INLINE void WIDE(multiplyPiece)(
    const int rows, const int vectors, long depth, const float *a, long rowStep, long depthStep, const float *b,
    long bStride, float *c, long cStride, int accumulates) {
    VECTOR sum[MOST_SUMS];
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int n = 0; n < vectors; n++)
            sum[row * vectors + n] = accumulates ? WIDE(load)(c + row * cStride + n * WIDTH) : WIDE(splat)(0);
    for (long k = 0; k < depth; k++) {
        VECTOR right[4];
        UNROLL for (int n = 0; n < vectors; n++) right[n] = WIDE(load)(b + k * bStride + n * WIDTH);
        UNROLL for (int row = 0; row < rows; row++) {
            VECTOR left = WIDE(splat)(a[row * rowStep + k * depthStep]);
            UNROLL for (int n = 0; n < vectors; n++) sum[row * vectors + n] += left * right[n];
        }
    }
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int n = 0; n < vectors; n++)
            WIDE(store)(c + row * cStride + n * WIDTH, sum[row * vectors + n]);
}

/// As ``multiplyPiece``, for any number of rows: `most` at a time, then fewer.
INLINE void WIDE(multiplyColumns)(
    const int most, const int vectors, long rows, long depth, const float *a, long rowStep, long depthStep,
    const float *b, long bStride, float *c, long cStride, int accumulates) {
    long row = 0;
    for (; row + most <= rows; row += most)
        WIDE(multiplyPiece)(most, vectors, depth, a + row * rowStep, rowStep, depthStep, b, bStride,
            c + row * cStride, cStride, accumulates);
    for (; row + 4 <= rows; row += 4)
        WIDE(multiplyPiece)(4, vectors, depth, a + row * rowStep, rowStep, depthStep, b, bStride, c + row * cStride,
            cStride, accumulates);
    for (; row < rows; row++)
        WIDE(multiplyPiece)(1, vectors, depth, a + row * rowStep, rowStep, depthStep, b, bStride, c + row * cStride,
            cStride, accumulates);
}

/// One step of Adam. The square root of a vector, unlike that of a loop's values, is an instruction: no error to report.
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
