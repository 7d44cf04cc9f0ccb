// The tiles of maps on their way into planes and back; included by Kernels.h.

/// Where a tile is: its image and its first row and column in the grid of results.
typedef struct {
    long image, row, column;
} Place;

INLINE Place placeOf(const WinogradShape *shape, int out, long tile) {
    long wide = ceilingDivision(shape->gridWidth, out), high = ceilingDivision(shape->gridHeight, out);
    Place place = {tile / (wide * high), tile / wide % high * out, tile % wide * out};
    return place;
}

INLINE void advance(const WinogradShape *shape, int out, Place *place) {
    place->column += out;
    if (place->column < shape->gridWidth) return;
    place->column = 0;
    place->row += out;
    if (place->row < shape->gridHeight) return;
    place->row = 0;
    place->image++;
}

/// Eight addresses.
typedef long Places __attribute__((vector_size(64), aligned(8), may_alias));

/// Points to a tile's pixels from (row, column) on, eight places a line, and to zeros for those that are outside of the
/// map.
INLINE void pointToPixels(
    const WinogradShape *shape, int points, int stride, const float *image, long row, long column, const float *zeros,
    const float **pixels) {
    const Places step = {0, 1, 2, 3, 4, 5, 6, 7};
    const Places outside = (Places){} + (long)zeros;
    Places x = step * (long)stride + column, isInside = (x >= 0) & (x < shape->sourceWidth);
    Places along = x * (shape->sourceChannels * (long)sizeof(float));
    for (int i = 0; i < points; i++) {
        long y = row + i * stride;
        const float *line = image + y * shape->sourceWidth * shape->sourceChannels;
        Places places = outside;
        if (y >= 0 && y < shape->sourceHeight) places = ((along + (long)line) & isInside) | (outside & ~isInside);
        *(Places *)(pixels + 8 * i) = places;
    }
}

/// Whether tiles go through transforms two at a time: where a pixel's channels fill half of the widest vector.
#define GO_BY_TWO(stride, channels) (WIDEST == 16 && (stride) == 1 && (channels) == 8)

/// Some channels of all phases.
typedef struct {
    long first, last;
} Run;

/// What of some channels belongs to `beside` phases from `phase` on, each of so many channels.
INLINE Run runOf(long stride, long first, long last, long phase, long beside, long channels) {
    long start = phase * channels, end = (phase + beside) * channels;
    // Without phases all does, which the compiler cannot know.
    Run run = {stride == 1 || first > start ? first : start, stride == 1 || last < end ? last : end};
    return run;
}

/// Transforms channels `first ..< last` of the source, of `count` tiles from `place` on, into `planes`. `zeros` are as many as
/// a pixel's channels.
INLINE void spreadTiling(
    const WinogradShape *shape, int points, int out, int stride, const float *source, long first, long last, Place place,
    long count, float *planes, long planeStride, const float *zeros) {
    long pixel = shape->sourceChannels, height = shape->sourceHeight, width = shape->sourceWidth;
    long channels = last - first;
    long rowStride = stride * width * pixel, columnStride = stride * pixel, lead = shape->lead * out * columnStride;
    const float *left[64];
#if WIDEST == 16
    const float *right[64], *patch = 0, *leftImage = 0;
    long leftRow = 0, leftColumn = 0;
    int isLeftInside = 0;
#endif
    for (long tile = 0; tile < count; tile++) {
        long row = stride * place.row - shape->padding, column = stride * place.column - shape->padding;
        const float *image = source + place.image * height * width * pixel;
        float *to = planes + tile * channels - first;
        int isInside =
            row >= 0 && column >= 0 && row + stride * points <= height && column + stride * points <= width;
        advance(shape, out, &place);
#if WIDEST == 16
        if (GO_BY_TWO(stride, channels) && (tile % 2 == 1 || tile + 1 < count)) {
            const float *from = image + (row * width + column) * pixel;
            if (tile % 2 == 0) {
                patch = from;
                leftImage = image;
                leftRow = row;
                leftColumn = column;
                isLeftInside = isInside;
            } else if (isInside && isLeftInside) {
                spreadTwoPatches(
                    points, out, patch + first, from + first, rowStride, columnStride, lead, to + first - channels,
                    planeStride);
            } else {
                pointToPixels(shape, points, stride, leftImage + first, leftRow, leftColumn, zeros, left);
                pointToPixels(shape, points, stride, image + first, row, column, zeros, right);
                spreadTwoPixels(points, left, right, to + first - channels, planeStride);
            }
            continue;
        }
#endif
        // Inside of the map a row's phases lie side by side, as they do in the planes.
        long beside = isInside ? stride : 1;
        for (long phase = 0; phase < stride * stride; phase += beside) {
            Run run = runOf(stride, first, last, phase, beside, pixel);
            if (run.first >= run.last) continue;
            long y = row + (phase >= stride), x = column + (phase >= stride ? phase - stride : phase);
            if (isInside) {
                const float *from = image + (y * width + x - phase) * pixel;
#define WORK(WIDTH, channel) \
    spreadPatch##WIDTH(points, out, from + channel, rowStride, columnStride, lead, to + channel, planeStride)
                FOR_CHANNELS(run.first, run.last, WORK)
#undef WORK
            } else {
                pointToPixels(shape, points, stride, image, y, x, zeros, left);
#define WORK(WIDTH, channel) spreadPixels##WIDTH(points, left, channel - phase * pixel, to + channel, planeStride)
                FOR_CHANNELS(run.first, run.last, WORK)
#undef WORK
            }
        }
    }
}

/// Where pixels of a tile start in a target that does not stand for its phases.
INLINE long startOf(const WinogradShape *shape, Place place) {
    return ((place.image * shape->targetHeight + place.row) * shape->targetWidth + place.column)
        * shape->targetChannels;
}

INLINE int isWhole(const WinogradShape *shape, int out, int stride, Place place) {
    long row = stride * place.row - shape->crop, column = stride * place.column - shape->crop;
    return row >= 0 && column >= 0 && row + stride * out <= shape->targetHeight
        && column + stride * out <= shape->targetWidth;
}

/// What of a tile is in a map that reaches from 0 to `height` and `width`, where the tile's pixels are `stride` apart from
/// (y, x) on, the first of which may be outside.
INLINE Part visiblePart(long y, long x, long stride, long height, long width) {
    Part part = {y < 0, ceilingDivision(height - y, stride), x < 0, ceilingDivision(width - x, stride)};
    return part;
}

/// Transforms `planes` back for `count` tiles from `place` on, finishes them and leaves them in channels `first ..< last` of
/// the target. A bias is repeated for each column's phase.
INLINE void gatherTiling(
    const WinogradShape *shape, int points, int out, int stride, const float *planes, long planeStride, long first, long last,
    Place place, long count, const VectorFinish *finish, float *target) {
    long channels = last - first, padded = paddedChannels(channels), pixel = shape->targetChannels;
    long height = shape->targetHeight, width = shape->targetWidth;
    long rowStride = stride * width * pixel, columnStride = stride * pixel, lead = shape->lead * out * columnStride;
    // A copy, which no store can change for all that the compiler knows.
    const VectorFinish steps = *finish;
    for (long tile = 0; tile < count; tile++) {
        const float *from = planes + tile * padded - first;
        int isInside = isWhole(shape, out, stride, place);
#if WIDEST == 16
        if (GO_BY_TWO(stride, channels) && isInside && tile + 1 < count) {
            Place next = place;
            advance(shape, out, &next);
            if (isWhole(shape, out, stride, next)) {
                gatherTwoPatches(
                    points, out, from + first, planeStride, target, steps, first, startOf(shape, place) + first,
                    startOf(shape, next) + first, rowStride, columnStride, lead);
                advance(shape, out, &next);
                place = next;
                tile++;
                continue;
            }
        }
#endif
        long row = stride * place.row - shape->crop, column = stride * place.column - shape->crop;
        long beside = isInside ? stride : 1;
        for (long phase = 0; phase < stride * stride; phase += beside) {
            Run run = runOf(stride, first, last, phase, beside, pixel);
            if (run.first >= run.last) continue;
            long y = row + (phase >= stride), x = column + (phase >= stride ? phase - stride : phase);
            long start = ((place.image * height + y) * width + x - phase) * pixel;
#define GATHER_TILE(width, channel, visible) \
    gatherPatch##width( \
        points, out, from + channel, planeStride, visible, target, steps, channel - phase * pixel, start + channel, \
        rowStride, columnStride, lead, shape->streams)
            if (isInside) {
                const Part all = {0, out, 0, out};
#define WORK(width, channel) GATHER_TILE(width, channel, all)
                FOR_CHANNELS(run.first, run.last, WORK)
#undef WORK
            } else {
                Part visible = visiblePart(y, x, stride, height, width);
#define WORK(width, channel) GATHER_TILE(width, channel, visible)
                FOR_CHANNELS(run.first, run.last, WORK)
#undef WORK
            }
#undef GATHER_TILE
        }
        advance(shape, out, &place);
    }
#if WIDEST == 16
    // Before another thread is told that the tiles are there.
    if (shape->streams) __builtin_ia32_sfence();
#endif
}

/// Transforms the gradient of `count` tiles from `place` on into `planes`.
INLINE void scatterTiling(
    const WinogradShape *shape, int points, int out, const float *gradient, Place place, long count, float *planes,
    long planeStride) {
    long channels = shape->targetChannels, padded = paddedChannels(channels);
    long rowStride = shape->targetWidth * channels, lead = shape->lead * out * channels;
    for (long tile = 0; tile < count; tile++) {
        const float *from = gradient + startOf(shape, place);
        float *to = planes + tile * padded;
        if (isWhole(shape, out, 1, place)) {
#if WIDEST == 16
            Place next = place;
            advance(shape, out, &next);
            if (GO_BY_TWO(1, channels) && tile + 1 < count && isWhole(shape, out, 1, next)) {
                scatterTwoPatches(
                    points, out, from, gradient + startOf(shape, next), rowStride, channels, lead, to, planeStride);
                advance(shape, out, &next);
                place = next;
                tile++;
                continue;
            }
#endif
#define WORK(WIDTH, channel) \
    scatterPatch##WIDTH( \
        points, out, from + channel, out, out, rowStride, channels, lead, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        } else {
            long rows = shape->targetHeight - place.row, columns = shape->targetWidth - place.column;
#define WORK(WIDTH, channel) \
    scatterPatch##WIDTH( \
        points, out, from + channel, rows, columns, rowStride, channels, lead, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        }
        for (long channel = channels; channel < padded; channel++)
            for (int plane = 0; plane < points * points; plane++) to[plane * planeStride + channel] = 0;
        advance(shape, out, &place);
    }
}

// Each tiling has functions of its own, in which its numbers are constants: nothing is left of phases where there are none. They
// are not inlined, for within one large function the compiler runs out of registers even where little is going on (measured:
// a third of the time at 16 channels).

/// Calls DO(points, taps, stride) for each tiling: its tiles' and kernel's sides, and the stride of the map on this side.
#define EACH_TILING(DO) DO(6, 3, 1) DO(6, 5, 1) DO(8, 2, 1) DO(8, 3, 1) DO(8, 5, 1) DO(8, 2, 2) DO(8, 3, 2)

// Whether a shape's tiling is this one on its side with the source or the target.
#define IS_TILING(side, pointsHere, tapsHere, strideHere) \
    (shape->points == pointsHere && shape->taps == tapsHere && shape->side##Stride == strideHere)

#define DEFINE(points, taps, stride) \
    static NOINLINE void NAMED(spread##points##taps##stride)( \
        const WinogradShape *shape, const float *source, long first, long last, Place place, long count, float *planes, \
        long planeStride, const float *zeros) { \
        spreadTiling( \
            shape, points, points + 1 - taps, stride, source, first, last, place, count, planes, planeStride, zeros); \
    } \
    static NOINLINE void NAMED(gather##points##taps##stride)( \
        const WinogradShape *shape, const float *planes, long planeStride, long first, long last, Place place, long count, \
        const VectorFinish *finish, float *target) { \
        gatherTiling( \
            shape, points, points + 1 - taps, stride, planes, planeStride, first, last, place, count, finish, target); \
    }
EACH_TILING(DEFINE)
#undef DEFINE

#define DEFINE(points, taps) \
    static NOINLINE void NAMED(scatter##points##taps)( \
        const WinogradShape *shape, const float *gradient, Place place, long count, float *planes, long planeStride) { \
        scatterTiling(shape, points, points + 1 - taps, gradient, place, count, planes, planeStride); \
    }
DEFINE(6, 3) DEFINE(6, 5) DEFINE(8, 2) DEFINE(8, 3) DEFINE(8, 5)
#undef DEFINE

INLINE void spreadTiles(
    const WinogradShape *shape, const float *source, long first, long last, Place place, long count, float *planes,
    long planeStride, const float *zeros) {
#define CALL(points, taps, stride) \
    if (IS_TILING(source, points, taps, stride)) \
        NAMED(spread##points##taps##stride)(shape, source, first, last, place, count, planes, planeStride, zeros);
    EACH_TILING(CALL)
#undef CALL
}

INLINE void gatherTiles(
    const WinogradShape *shape, const float *planes, long planeStride, long first, long last, Place place, long count,
    const VectorFinish *finish, float *target) {
#define CALL(points, taps, stride) \
    if (IS_TILING(target, points, taps, stride)) \
        NAMED(gather##points##taps##stride)(shape, planes, planeStride, first, last, place, count, finish, target);
    EACH_TILING(CALL)
#undef CALL
}

INLINE void scatterTiles(
    const WinogradShape *shape, const float *gradient, Place place, long count, float *planes, long planeStride) {
#define CALL(tilePoints, kernelTaps) \
    NAMED(scatter##tilePoints##kernelTaps)(shape, gradient, place, count, planes, planeStride)
    FOR_TILES(shape->points, shape->taps, CALL)
#undef CALL
}
