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

/// A tile's first pixel in a map, which may lie outside, and whether all of them are inside.
typedef struct {
    long row, column;
    int isInside;
} Corner;

/// The corner of a tile of `side` × `side` pixels where grid and map are `stride` pixels to one apart and the grid's
/// first place lies `start` pixels above and left of the map's.
INLINE Corner cornerOf(Place place, long stride, long start, long side, long height, long width) {
    Corner corner = {stride * place.row - start, stride * place.column - start, 0};
    corner.isInside = corner.row >= 0 && corner.column >= 0 && corner.row + side <= height
        && corner.column + side <= width;
    return corner;
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

/// Some channels of all phases, and the first of these phases' first pixel of a tile.
typedef struct {
    long first, last;
    long row, column;
} Run;

/// What of some channels belongs to `beside` phases from `phase` on, each of so many channels.
INLINE Run runOf(Corner corner, long stride, long first, long last, long phase, long beside, long channels) {
    long start = phase * channels, end = (phase + beside) * channels;
    long down = phase >= stride, right = phase - down * stride;
    // Without phases all does, which the compiler cannot know.
    Run run = {
        stride == 1 || first > start ? first : start, stride == 1 || last < end ? last : end, corner.row + down,
        corner.column + right};
    return run;
}

/// Transforms channels `first ..< last` of the source, of `count` tiles from `place` on, into `planes`. `zeros` are as
/// many as a pixel's channels.
INLINE void spreadTiling(
    const WinogradShape *shape, int points, int out, int stride, const float *source, long first, long last,
    Place place, long count, float *planes, long planeStride, const float *zeros) {
    long pixel = shape->sourceChannels, height = shape->sourceHeight, width = shape->sourceWidth;
    long channels = last - first;
    long rowStride = stride * width * pixel, columnStride = stride * pixel, lead = shape->lead * out * columnStride;
    const float *pixels[64];
    for (long tile = 0; tile < count; tile++) {
        Corner corner = cornerOf(place, stride, shape->padding, stride * points, height, width);
        const float *image = source + place.image * height * width * pixel;
        float *to = planes + tile * channels - first;
        advance(shape, out, &place);
#if WIDEST == 16
        if (GO_BY_TWO(stride, channels) && tile + 1 < count) {
            Corner next = cornerOf(place, stride, shape->padding, stride * points, height, width);
            const float *nextImage = source + place.image * height * width * pixel;
            if (corner.isInside && next.isInside) {
                spreadTwoPatches(
                    points, out, image + (corner.row * width + corner.column) * pixel + first,
                    nextImage + (next.row * width + next.column) * pixel + first, rowStride, columnStride, lead,
                    to + first, planeStride);
            } else {
                const float *nextPixels[64];
                pointToPixels(shape, points, stride, image + first, corner.row, corner.column, zeros, pixels);
                pointToPixels(shape, points, stride, nextImage + first, next.row, next.column, zeros, nextPixels);
                spreadTwoPixels(points, pixels, nextPixels, to + first, planeStride);
            }
            advance(shape, out, &place);
            tile++;
            continue;
        }
#endif
        // Inside of the map a row's phases lie side by side, as they do in the planes.
        long beside = corner.isInside ? stride : 1;
        for (long phase = 0; phase < stride * stride; phase += beside) {
            Run run = runOf(corner, stride, first, last, phase, beside, pixel);
            if (run.first >= run.last) continue;
            if (corner.isInside) {
                const float *from = image + (run.row * width + run.column - phase) * pixel;
#define WORK(WIDTH, channel) \
    spreadPatch##WIDTH(points, out, from + channel, rowStride, columnStride, lead, to + channel, planeStride)
                FOR_CHANNELS(run.first, run.last, WORK)
#undef WORK
            } else {
                pointToPixels(shape, points, stride, image, run.row, run.column, zeros, pixels);
#define WORK(WIDTH, channel) spreadPixels##WIDTH(points, pixels, channel - phase * pixel, to + channel, planeStride)
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

/// A tile of results in the target, or in that of its phases.
INLINE Corner resultCorner(const WinogradShape *shape, int out, int stride, Place place) {
    return cornerOf(place, stride, shape->crop, stride * out, shape->targetHeight, shape->targetWidth);
}

/// What of a tile is in a map that reaches from 0 to `height` and `width`, where the tile's pixels are `stride` apart
/// from (y, x) on, the first of which may be outside.
INLINE Part visiblePart(long y, long x, long stride, long height, long width) {
    Part part = {y < 0, ceilingDivision(height - y, stride), x < 0, ceilingDivision(width - x, stride)};
    return part;
}

/// Transforms `planes` back for `count` tiles from `place` on, finishes them and leaves them in channels `first ..<
/// last` of the target. A bias is repeated for each column's phase.
INLINE void gatherTiling(
    const WinogradShape *shape, int points, int out, int stride, const float *planes, long planeStride, long first,
    long last, Place place, long count, const VectorFinish *finish, float *target) {
    long channels = last - first, padded = paddedChannels(channels), pixel = shape->targetChannels;
    long height = shape->targetHeight, width = shape->targetWidth;
    long rowStride = stride * width * pixel, columnStride = stride * pixel, lead = shape->lead * out * columnStride;
    // A copy, which no store can change for all that the compiler knows.
    const VectorFinish steps = *finish;
    for (long tile = 0; tile < count; tile++) {
        const float *from = planes + tile * padded - first;
        Corner corner = resultCorner(shape, out, stride, place);
#if WIDEST == 16
        if (GO_BY_TWO(stride, channels) && corner.isInside && tile + 1 < count) {
            Place next = place;
            advance(shape, out, &next);
            if (resultCorner(shape, out, stride, next).isInside) {
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
        long beside = corner.isInside ? stride : 1;
        for (long phase = 0; phase < stride * stride; phase += beside) {
            Run run = runOf(corner, stride, first, last, phase, beside, pixel);
            if (run.first >= run.last) continue;
            long start = ((place.image * height + run.row) * width + run.column - phase) * pixel;
#define GATHER_TILE(width, channel, visible) \
    gatherPatch##width( \
        points, out, from + channel, planeStride, visible, target, steps, channel - phase * pixel, start + channel, \
        rowStride, columnStride, lead, shape->streams)
            if (corner.isInside) {
                const Part all = {0, out, 0, out};
#define WORK(width, channel) GATHER_TILE(width, channel, all)
                FOR_CHANNELS(run.first, run.last, WORK)
#undef WORK
            } else {
                Part visible = visiblePart(run.row, run.column, stride, height, width);
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
        if (resultCorner(shape, out, 1, place).isInside) {
#if WIDEST == 16
            Place next = place;
            advance(shape, out, &next);
            if (GO_BY_TWO(1, channels) && tile + 1 < count && resultCorner(shape, out, 1, next).isInside) {
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
