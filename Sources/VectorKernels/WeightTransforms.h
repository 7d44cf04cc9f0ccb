// G, the transform of weights, and Gᵀ, that of their gradients; included by Width.h.

/// `taps` values of a kernel's line to `points`: G, the rows of which are 1, a, a² … for each point a, over the product
/// of its distances from the others.
INLINE void WIDE(spreadKernel)(int points, int taps, const VECTOR *w, VECTOR *u, long step) {
    u[0] = (points == 6 ? 0.25f : 1.0f) * w[0];
    for (int pair = 0; pair < PAIRS(points); pair++) {
        float point = pointOf(pair), square = point * point;
        float weight = factorOf(points, pair);
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
        float point = pointOf(pair), weight = factorOf(points, pair);
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
