// The tiles of maps on their way into planes and back; included by Kernels.h.

/// Where a tile is: its image and its first target row and column.
typedef struct {
    long image, row, column;
} Place;

INLINE Place placeOf(const WinogradShape *shape, int out, long tile) {
    long wide = ceilingDivision(shape->targetWidth, out), high = ceilingDivision(shape->targetHeight, out);
    Place place = {tile / (wide * high), tile / wide % high * out, tile % wide * out};
    return place;
}

INLINE void advance(const WinogradShape *shape, int out, Place *place) {
    place->column += out;
    if (place->column < shape->targetWidth) return;
    place->column = 0;
    place->row += out;
    if (place->row < shape->targetHeight) return;
    place->row = 0;
    place->image++;
}

/// Eight addresses.
typedef long Places __attribute__((vector_size(64), aligned(8), may_alias));

/// Points to a tile's pixels from (row, column) on, eight places a line, and to zeros for those that are outside of the
/// map.
INLINE void pointToPixels(
    const WinogradShape *shape, int points, const float *image, long row, long column, const float *zeros,
    const float **pixels) {
    const Places step = {0, 1, 2, 3, 4, 5, 6, 7};
    const Places outside = (Places){} + (long)zeros;
    Places x = step + column, isInside = (x >= 0) & (x < shape->sourceWidth);
    Places along = x * (shape->sourceChannels * (long)sizeof(float));
    for (int i = 0; i < points; i++) {
        long y = row + i;
        const float *line = image + y * shape->sourceWidth * shape->sourceChannels;
        Places places = outside;
        if (y >= 0 && y < shape->sourceHeight) places = ((along + (long)line) & isInside) | (outside & ~isInside);
        *(Places *)(pixels + 8 * i) = places;
    }
}

/// Whether a map's channels fill half of the widest vector, so that tiles go through transforms two at a time.
#define GO_BY_TWO(channels) (WIDEST == 16 && (channels) == 8)

/// Transforms `channels` channels of the source from `source` on, of `count` tiles from `place` on, into `planes`. `zeros`
/// are as many as the channels.
INLINE void spreadTiles(
    const WinogradShape *shape, int points, int out, const float *source, long channels, Place place, long count,
    float *planes, long planeStride, const float *zeros) {
    long pixel = shape->sourceChannels, height = shape->sourceHeight, width = shape->sourceWidth;
    long lead = shape->lead * out * pixel;
    const float *left[64];
#if WIDEST == 16
    const float *right[64], *patch = 0, *leftImage = 0;
    long leftRow = 0, leftColumn = 0;
    int isLeftInside = 0;
#endif
    for (long tile = 0; tile < count; tile++) {
        long row = place.row - shape->padding, column = place.column - shape->padding;
        const float *image = source + place.image * height * width * pixel;
        const float *from = image + (row * width + column) * pixel;
        float *to = planes + tile * channels;
        int isInside = row >= 0 && column >= 0 && row + points <= height && column + points <= width;
        advance(shape, out, &place);
#if WIDEST == 16
        if (GO_BY_TWO(channels) && (tile % 2 == 1 || tile + 1 < count)) {
            if (tile % 2 == 0) {
                patch = from;
                leftImage = image;
                leftRow = row;
                leftColumn = column;
                isLeftInside = isInside;
            } else if (isInside && isLeftInside) {
                spreadTwoPatches(points, out, patch, from, width * pixel, pixel, lead, to - channels, planeStride);
            } else {
                pointToPixels(shape, points, leftImage, leftRow, leftColumn, zeros, left);
                pointToPixels(shape, points, image, row, column, zeros, right);
                spreadTwoPixels(points, left, right, to - channels, planeStride);
            }
            continue;
        }
#endif
        if (isInside) {
#define WORK(WIDTH, channel) \
    spreadPatch##WIDTH(points, out, from + channel, width * pixel, pixel, lead, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        } else {
            pointToPixels(shape, points, image, row, column, zeros, left);
#define WORK(WIDTH, channel) spreadPixels##WIDTH(points, left, channel, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        }
    }
}

/// Where pixels of a tile start in the target.
INLINE long startOf(const WinogradShape *shape, Place place) {
    return ((place.image * shape->targetHeight + place.row) * shape->targetWidth + place.column)
        * shape->targetChannels;
}

INLINE int isWhole(const WinogradShape *shape, int out, Place place) {
    return place.row + out <= shape->targetHeight && place.column + out <= shape->targetWidth;
}

/// Transforms `planes` back for `count` tiles from `place` on, finishes them and leaves them in channels `first ..< last` of
/// the target.
INLINE void gatherTiles(
    const WinogradShape *shape, int points, int out, const float *planes, long planeStride, long first, long last,
    Place place, long count, const VectorFinish *finish, float *target) {
    long channels = last - first, padded = paddedChannels(channels), pixel = shape->targetChannels;
    long rowStride = shape->targetWidth * pixel, lead = shape->lead * out * pixel;
    // A copy, which no store can change for all that the compiler knows.
    const VectorFinish steps = *finish;
    for (long tile = 0; tile < count; tile++) {
        const float *from = planes + tile * padded;
        long start = startOf(shape, place) + first;
        if (isWhole(shape, out, place)) {
#if WIDEST == 16
            Place next = place;
            advance(shape, out, &next);
            if (GO_BY_TWO(channels) && tile + 1 < count && isWhole(shape, out, next)) {
                gatherTwoPatches(
                    points, out, from, planeStride, target, steps, first, start, startOf(shape, next) + first, rowStride,
                    pixel, lead);
                advance(shape, out, &next);
                place = next;
                tile++;
                continue;
            }
#endif
#define WORK(width, channel) \
    gatherPatch##width( \
        points, out, from + channel, planeStride, out, out, target, steps, first + channel, start + channel, \
        rowStride, pixel, lead, shape->streams)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        } else {
            long rows = shape->targetHeight - place.row, columns = shape->targetWidth - place.column;
#define WORK(width, channel) \
    gatherPatch##width( \
        points, out, from + channel, planeStride, rows, columns, target, steps, first + channel, start + channel, \
        rowStride, pixel, lead, shape->streams)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        }
        advance(shape, out, &place);
    }
#if WIDEST == 16
    // Before another thread is told that the tiles are there.
    if (shape->streams) __builtin_ia32_sfence();
#endif
}

/// Transforms the gradient of `count` tiles from `place` on into `planes`.
INLINE void scatterTiles(
    const WinogradShape *shape, int points, int out, const float *gradient, Place place, long count,
    float *planes, long planeStride) {
    long channels = shape->targetChannels, padded = paddedChannels(channels);
    long rowStride = shape->targetWidth * channels, lead = shape->lead * out * channels;
    for (long tile = 0; tile < count; tile++) {
        const float *from = gradient + startOf(shape, place);
        float *to = planes + tile * padded;
        if (isWhole(shape, out, place)) {
#if WIDEST == 16
            Place next = place;
            advance(shape, out, &next);
            if (GO_BY_TWO(channels) && tile + 1 < count && isWhole(shape, out, next)) {
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
