// Weights on their way into planes and back; included by Kernels.h.

/// Taps of a kernel's side, of the first phase's.
INLINE long tapsOf(const WinogradWeights *shape) { return ceilingDivision(shape->kernel, shape->stride); }

/// Where the taps of a phase lie, the kernel's taps lying `step` floats apart.
INLINE TapPlaces tapPlaces(const WinogradWeights *shape, long phase, long step) {
    long row = phase / shape->stride, column = phase % shape->stride;
    TapPlaces places = {
        shape->stride * shape->kernel * step, shape->stride * step,
        ceilingDivision(shape->kernel - row, shape->stride), ceilingDivision(shape->kernel - column, shape->stride)};
    return places;
}

/// Where a phase's first tap lies, the kernel's taps lying `step` floats apart.
INLINE long firstTap(const WinogradWeights *shape, long phase, long step) {
    return (phase / shape->stride * shape->kernel + phase % shape->stride) * step;
}

/// Does `WORK` with the places of a whole kernel's taps, whose number is then a constant, or with those of a part
/// (measured: a gradient is transformed back in half the time).
#define WHOLE_OR_NOT(places, taps, WORK) \
    if (places.rows == taps && places.columns == taps) { \
        places.rows = places.columns = taps; \
        WORK \
    } else { \
        WORK \
    }

/// Transforms `count` kernels that lie side by side into row `row` of `rows` of each plane, which lie in panels, and
/// clears the row's padding.
INLINE void transformRow(
    int points, int taps, long count, const float *from, TapPlaces places, float *transformed, long row, long rows) {
    long padded = paddedChannels(count), plane = weightStride(rows, count);
    for (long first = 0; first < padded; first += PANEL) {
        long width = padded - first < PANEL ? padded - first : PANEL;
        long last = count - first < width ? count - first : width;
        float *to = transformed + first * rows + row * width;
#define WORK(WIDTH, channel) spreadWeights##WIDTH(points, taps, from + first + channel, places, to + channel, plane)
        WHOLE_OR_NOT(places, taps, FOR_CHANNELS(0, last, WORK))
#undef WORK
        for (long channel = last; channel < width; channel++)
            for (int index = 0; index < points * points; index++) to[index * plane + channel] = 0;
    }
}

static void NAMED(transformWeights)(
    const float *weights, const WinogradWeights *shape, long first, long last, float *transformed) {
    long fine = shape->fine, coarse = shape->coarse, step = fine * coarse, rows = shape->stride * shape->stride * fine;
    for (long row = first; row < last; row++) {
        long phase = row / fine;
        const float *from = weights + firstTap(shape, phase, step) + row % fine * coarse;
        TapPlaces places = tapPlaces(shape, phase, step);
#define WORK(points, taps, stride) transformRow(points, taps, coarse, from, places, transformed, row, rows)
        FOR_PAIR(shape->points, tapsOf(shape), WORK)
#undef WORK
    }
}

static void NAMED(transformTurnedWeights)(
    const float *weights, const WinogradWeights *shape, long first, long last, float *transformed, float *scratch) {
    long fine = shape->fine, coarse = shape->coarse, phases = shape->stride * shape->stride, side = tapsOf(shape);
    long depth = phases * fine, area = side * side;
    // From the last tap on backwards, which turns the kernel.
    TapPlaces turned = {-side * depth, -depth, side, side};
    for (long out = first; out < last; out++) {
        // One output channel's weights side by side; several at a time, as they share cache lines.
        long within = (out - first) % 16;
        if (within == 0) {
            long count = last - out < 16 ? last - out : 16;
            for (long phase = 0; phase < phases; phase++) {
                TapPlaces places = tapPlaces(shape, phase, fine * coarse);
                const float *start = weights + firstTap(shape, phase, fine * coarse) + out;
                for (long tap = 0; tap < area; tap++) {
                    long row = tap / side, column = tap % side;
                    int isThere = row < places.rows && column < places.columns;
                    const float *from = start + row * places.rowStep + column * places.columnStep;
                    float *to = scratch + tap * depth + phase * fine;
                    for (long in = 0; in < fine; in++)
                        for (long index = 0; index < count; index++)
                            to[index * area * depth + in] = isThere ? from[in * coarse + index] : 0;
                }
            }
        }
        const float *lastTap = scratch + (within * area + area - 1) * depth;
#define WORK(points, taps, stride) transformRow(points, taps, depth, lastTap, turned, transformed, out, coarse)
        FOR_PAIR(shape->points, side, WORK)
#undef WORK
    }
}

/// Transforms the sums of `count` kernels that lie side by side back, and adds them to the gradient.
INLINE void restoreRow(
    int points, int taps, const float *sums, long parts, long partStride, long plane, long count, float *gradient,
    TapPlaces places) {
#define WORK(width, channel) \
    restoreWeights##width(points, taps, sums + channel, parts, partStride, plane, gradient + channel, places)
    WHOLE_OR_NOT(places, taps, FOR_CHANNELS(0, count, WORK))
#undef WORK
}

static void NAMED(restoreGradient)(
    const float *sums, long parts, long partStride, const WinogradWeights *shape, long start, long rows, long first,
    long last, float *gradient) {
    long fine = shape->fine, coarse = shape->coarse, step = fine * coarse, padded = paddedChannels(coarse);
    for (long row = first; row < last; row++) {
        long phase = row / fine;
        const float *from = sums + (row - start) * padded;
        float *to = gradient + firstTap(shape, phase, step) + row % fine * coarse;
        TapPlaces places = tapPlaces(shape, phase, step);
#define WORK(points, taps, stride) \
    restoreRow(points, taps, from, parts, partStride, weightStride(rows, coarse), coarse, to, places)
        FOR_PAIR(shape->points, tapsOf(shape), WORK)
#undef WORK
    }
}
