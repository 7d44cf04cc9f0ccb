// The kernels of one instruction set. The file that includes this says which: WIDEST, the floats of its widest vector;
// REGISTERS, how many of those it has; NAMED(x), x with the set's name; and the target attribute.

#include <string.h>

#include "Support.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
// A pointer that the compiler takes as it comes: it would otherwise work out all of a tile's addresses at once and run out
// of registers.
#define OPAQUE(place) \
    ({ \
        __typeof__(place) hidden = (place); \
        __asm__("" : "+r"(hidden)); \
        hidden; \
    })
// Floats of a cache line.
#define LINE 16
// Columns of transformed weights that lie together: what a product's innermost loop reads stays within the first cache.
#define PANEL 64
// The sums of a product that stay in registers, beside the right operand's vectors and one broadcast value.
#define MOST_SUMS (REGISTERS >= 32 ? 24 : 12)

#define WIDTH 1
#define VECTOR Vector1
#define WIDE(name) name##1
#include "Width.h"
#define WIDTH 4
#define VECTOR Vector4
#define WIDE(name) name##4
#include "Width.h"
#if WIDEST >= 8
#define WIDTH 8
#define VECTOR Vector8
#define WIDE(name) name##8
#include "Width.h"
#endif
#if WIDEST >= 16
#define WIDTH 16
#define VECTOR Vector16
#define WIDE(name) name##16
#include "Width.h"
#endif

// Calls WORK(width, channel) for vectors of channels: the widest first, what is left in narrower ones. A vector of half
// the width costs half of a wide one or as much, so no lane is wasted on padding.
#if WIDEST >= 16
#define FOR_WIDEST(channel, count, WORK) \
    for (; channel + 16 <= (count); channel += 16) { WORK(16, channel); } \
    for (; channel + 8 <= (count); channel += 8) { WORK(8, channel); }
#elif WIDEST >= 8
#define FOR_WIDEST(channel, count, WORK) \
    for (; channel + 8 <= (count); channel += 8) { WORK(8, channel); }
#else
#define FOR_WIDEST(channel, count, WORK)
#endif
#define FOR_CHANNELS(start, count, WORK) \
    { \
        long channel = (start); \
        FOR_WIDEST(channel, count, WORK) \
        for (; channel + 4 <= (count); channel += 4) { WORK(4, channel); } \
        for (; channel < (count); channel++) { WORK(1, channel); } \
    }

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
/// `ahead` is what is read next: as many of its lines as the product is deep are fetched for each piece of rows; null for
/// nothing.
INLINE void multiply(
    long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, long bStride,
    float *c, long cStride, int accumulates, const float *ahead) {
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

// Rows of the right operand that a product goes through at a time: with 64 columns what the first cache holds.
#define MOST_DEPTH 128

static void NAMED(product)(
    long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, float *c,
    int accumulates) {
    // One pass for a product without depth too, which may still have to leave zeros.
    for (long k = 0; k == 0 || k < depth; k += MOST_DEPTH)
        multiply(rows, columns, depth - k < MOST_DEPTH ? depth - k : MOST_DEPTH, a + k * depthStep, rowStep, depthStep,
            b + k * columns, columns, c, columns, accumulates || k > 0, 0);
}

// MARK: - Tiles

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

/// Transforms the source of `count` tiles from `place` on into `planes`. `zeros` are as many as a pixel has channels.
INLINE void spreadTiles(
    const WinogradShape *shape, int points, int out, const float *source, Place place, long count,
    float *planes, long planeStride, const float *zeros) {
    long channels = shape->sourceChannels, height = shape->sourceHeight, width = shape->sourceWidth;
    const float *left[64], *right[64], *patch = 0;
    long leftRow = 0, leftColumn = 0;
    const float *leftImage = 0;
    int isLeftInside = 0;
    for (long tile = 0; tile < count; tile++) {
        long row = place.row - shape->padding, column = place.column - shape->padding;
        const float *image = source + place.image * height * width * channels;
        const float *from = image + (row * width + column) * channels;
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
                spreadTwoPatches(points, patch, from, width * channels, channels, to - channels, planeStride);
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
    spreadPatch##WIDTH(points, from + channel, width * channels, channels, to + channel, planeStride)
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

/// Transforms `planes` back for `count` tiles from `place` on, finishes them and leaves them in the target.
INLINE void gatherTiles(
    const WinogradShape *shape, int points, int out, const float *planes, long planeStride, Place place, long count,
    const VectorFinish *finish, float *target) {
    long channels = shape->targetChannels, padded = paddedChannels(channels);
    long rowStride = shape->targetWidth * channels;
    // A copy, which no store can change for all that the compiler knows.
    const VectorFinish steps = *finish;
    for (long tile = 0; tile < count; tile++) {
        const float *from = planes + tile * padded;
        long start = startOf(shape, place);
        if (isWhole(shape, out, place)) {
#if WIDEST == 16
            Place next = place;
            advance(shape, out, &next);
            if (GO_BY_TWO(channels) && tile + 1 < count && isWhole(shape, out, next)) {
                gatherTwoPatches(
                    points, out, from, planeStride, target, steps, start, startOf(shape, next), rowStride, channels);
                advance(shape, out, &next);
                place = next;
                tile++;
                continue;
            }
#endif
#define WORK(width, channel) \
    gatherPatch##width( \
        points, out, from + channel, planeStride, out, out, target, steps, channel, start + channel, rowStride, \
        channels)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        } else {
            long rows = shape->targetHeight - place.row, columns = shape->targetWidth - place.column;
#define WORK(width, channel) \
    gatherPatch##width( \
        points, out, from + channel, planeStride, rows, columns, target, steps, channel, start + channel, rowStride, \
        channels)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        }
        advance(shape, out, &place);
    }
}

/// Transforms the gradient of `count` tiles from `place` on into `planes`.
INLINE void scatterTiles(
    const WinogradShape *shape, int points, int out, const float *gradient, Place place, long count,
    float *planes, long planeStride) {
    long channels = shape->targetChannels, padded = paddedChannels(channels);
    long rowStride = shape->targetWidth * channels;
    for (long tile = 0; tile < count; tile++) {
        const float *from = gradient + startOf(shape, place);
        float *to = planes + tile * padded;
        if (isWhole(shape, out, place)) {
#if WIDEST == 16
            Place next = place;
            advance(shape, out, &next);
            if (GO_BY_TWO(channels) && tile + 1 < count && isWhole(shape, out, next)) {
                scatterTwoPatches(
                    points, out, from, gradient + startOf(shape, next), rowStride, channels, to, planeStride);
                advance(shape, out, &next);
                place = next;
                tile++;
                continue;
            }
#endif
#define WORK(WIDTH, channel) \
    scatterPatch##WIDTH( \
        points, out, from + channel, out, out, rowStride, channels, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        } else {
            long rows = shape->targetHeight - place.row, columns = shape->targetWidth - place.column;
#define WORK(WIDTH, channel) \
    scatterPatch##WIDTH( \
        points, out, from + channel, rows, columns, rowStride, channels, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        }
        for (long channel = channels; channel < padded; channel++)
            for (int plane = 0; plane < points * points; plane++) to[plane * planeStride + channel] = 0;
        advance(shape, out, &place);
    }
}

// MARK: - Convolution

/// c = a · b for one plane, b in panels of PANEL columns.
INLINE void multiplyPanels(long rows, long columns, long depth, const float *a, const float *b, float *c) {
    for (long n = 0; n < columns; n += PANEL) {
        long width = columns - n < PANEL ? columns - n : PANEL;
        multiply(rows, width, depth, a, depth, 1, b + n * depth, width, c + n, columns, 0, b + (n + width) * depth);
    }
}

/// Tiles of a block: as many as the shape says, or so many less that the last of a run is not much smaller than the others.
INLINE long blockFor(const WinogradShape *shape, long tiles) {
    long blocks = ceilingDivision(tiles, shape->block), even = ceilingDivision(ceilingDivision(tiles, blocks), 12) * 12;
    return even < shape->block ? even : shape->block;
}

INLINE void convolveTiles(
    const WinogradShape *shape, int points, int kernel, const float *source, const float *weights, float *target,
    const VectorFinish *finish, long first, long last, float *scratch) {
    int out = points + 1 - kernel;
    long in = shape->sourceChannels, padded = paddedChannels(shape->targetChannels);
    long spreadStride = planeStride(shape->block, in), productStride = planeStride(shape->block, padded);
    // A product whose columns are all in registers when it is left may take its left operand's place.
    int isInPlace = in == padded && STAYS_IN_REGISTERS(in);
    float *spread = scratch, *products = isInPlace ? spread : spread + points * points * spreadStride;
    float *zeros = products + points * points * productStride;
    memset(zeros, 0, sizeof(float) * in);
    if (first >= last) return;
    long block = blockFor(shape, last - first);
    for (long tile = first; tile < last; tile += block) {
        long count = last - tile < block ? last - tile : block;
        Place place = placeOf(shape, out, tile);
        spreadTiles(shape, points, out, source, place, count, spread, spreadStride, zeros);
        for (int plane = 0; plane < points * points; plane++)
            multiplyPanels(count, padded, in, spread + plane * spreadStride, weights + plane * in * padded,
                products + plane * productStride);
        gatherTiles(shape, points, out, products, productStride, place, count, finish, target);
    }
}

/// Calls WORK(points, kernel) with constants.
#define FOR_TILES(points, kernel, WORK) \
    if (points == 6 && kernel == 3) { WORK(6, 3); } \
    else if (points == 6) { WORK(6, 5); } \
    else if (kernel == 3) { WORK(8, 3); } \
    else { WORK(8, 5); }

static void NAMED(convolve)(
    const WinogradShape *shape, const float *source, const float *weights, float *target, const VectorFinish *finish,
    long first, long last, float *scratch) {
#define WORK(points, kernel) \
    convolveTiles(shape, points, kernel, source, weights, target, finish, first, last, scratch)
    FOR_TILES(shape->points, shape->kernel, WORK)
#undef WORK
}

INLINE void addWeightGradient(
    const WinogradShape *shape, int points, int kernel, const float *source, const float *gradient, float *sums,
    float *bias, long first, long last, float *scratch) {
    int out = points + 1 - kernel, planes = points * points;
    long in = shape->sourceChannels, padded = paddedChannels(shape->targetChannels);
    long spreadStride = planeStride(shape->block, in), scatterStride = planeStride(shape->block, padded);
    float *spread = scratch, *scattered = spread + planes * spreadStride, *zeros = scattered + planes * scatterStride;
    memset(zeros, 0, sizeof(float) * in);
    memset(bias, 0, sizeof(float) * shape->targetChannels);
    if (first >= last) {
        memset(sums, 0, sizeof(float) * planes * in * padded);
        return;
    }
    long block = blockFor(shape, last - first);
    for (long tile = first; tile < last; tile += block) {
        long count = last - tile < block ? last - tile : block;
        Place place = placeOf(shape, out, tile);
        spreadTiles(shape, points, out, source, place, count, spread, spreadStride, zeros);
        scatterTiles(shape, points, out, gradient, place, count, scattered, scatterStride);
        for (int plane = 0; plane < planes; plane++) {
            float *to = sums + plane * in * padded;
            multiply(in, padded, count, spread + plane * spreadStride, 1, in, scattered + plane * scatterStride, padded,
                to, padded, tile > first, to + in * padded);
        }
        // The plane of the points (1, 1) holds each tile's plain sum.
        const float *plain = scattered + (points + 1) * scatterStride;
        for (long index = 0; index < count; index++)
            for (long channel = 0; channel < shape->targetChannels; channel++)
                bias[channel] += plain[index * padded + channel];
    }
}

static void NAMED(weightGradient)(
    const WinogradShape *shape, const float *source, const float *gradient, float *sums, float *bias, long first,
    long last, float *scratch) {
#define WORK(points, kernel) \
    addWeightGradient(shape, points, kernel, source, gradient, sums, bias, first, last, scratch)
    FOR_TILES(shape->points, shape->kernel, WORK)
#undef WORK
}

// MARK: - Weights

/// Transforms `count` kernels that lie side by side into row `row` of `rows` of each plane, which lie in panels, and clears
/// the row's padding.
INLINE void transformRow(
    long points, long kernel, long count, const float *from, long tapStride, int turned, float *transformed, long row,
    long rows) {
    long padded = paddedChannels(count), plane = rows * padded;
    for (long first = 0; first < padded; first += PANEL) {
        long width = padded - first < PANEL ? padded - first : PANEL;
        long last = count - first < width ? count - first : width;
        float *to = transformed + first * rows + row * width;
#define WORK(WIDTH, channel) \
    const float *place = from + first + channel; \
    if (points == 6 && kernel == 3) spreadWeights##WIDTH(6, 3, place, tapStride, turned, to + channel, plane); \
    else if (points == 6) spreadWeights##WIDTH(6, 5, place, tapStride, turned, to + channel, plane); \
    else if (kernel == 3) spreadWeights##WIDTH(8, 3, place, tapStride, turned, to + channel, plane); \
    else spreadWeights##WIDTH(8, 5, place, tapStride, turned, to + channel, plane)
        FOR_CHANNELS(0, last, WORK)
#undef WORK
        for (long channel = last; channel < width; channel++)
            for (int index = 0; index < points * points; index++) to[index * plane + channel] = 0;
    }
}

static void NAMED(transformWeights)(
    const float *weights, long points, long kernel, long fine, long coarse, long first, long last, float *transformed) {
    for (long in = first; in < last; in++)
        transformRow(points, kernel, coarse, weights + in * coarse, fine * coarse, 0, transformed, in, fine);
}

static void NAMED(transformTurnedWeights)(
    const float *weights, long points, long kernel, long fine, long coarse, long first, long last, float *transformed,
    float *scratch) {
    long area = kernel * kernel;
    for (long out = first; out < last; out++) {
        // One output channel's weights side by side; several at a time, as they share cache lines.
        long within = (out - first) % 16;
        if (within == 0) {
            long count = last - out < 16 ? last - out : 16;
            for (long tap = 0; tap < area; tap++)
                for (long in = 0; in < fine; in++) {
                    const float *from = weights + (tap * fine + in) * coarse + out;
                    for (long index = 0; index < count; index++)
                        scratch[(index * area + tap) * fine + in] = from[index];
                }
        }
        transformRow(points, kernel, fine, scratch + within * area * fine, fine, 1, transformed, out, coarse);
    }
}

static void NAMED(restoreGradient)(
    const float *sums, long parts, long stride, long points, long kernel, long fine, long coarse, long first, long last,
    float *gradient) {
    long padded = paddedChannels(coarse), tapStride = fine * coarse, plane = fine * padded;
    for (long in = first; in < last; in++) {
        const float *from = sums + in * padded;
        float *to = gradient + in * coarse;
#define WORK(width, channel) \
    if (points == 6 && kernel == 3) \
        restoreWeights##width(6, 3, from + channel, parts, stride, plane, to + channel, tapStride); \
    else if (points == 6) restoreWeights##width(6, 5, from + channel, parts, stride, plane, to + channel, tapStride); \
    else if (kernel == 3) restoreWeights##width(8, 3, from + channel, parts, stride, plane, to + channel, tapStride); \
    else restoreWeights##width(8, 5, from + channel, parts, stride, plane, to + channel, tapStride)
        FOR_CHANNELS(0, coarse, WORK)
#undef WORK
    }
}

// MARK: - Optimiser

static void NAMED(adam)(
    long count, float *parameters, const float *gradient, float *first, float *second, const AdamStep *step) {
#define WORK(width, index) \
    adam##width(parameters + index, gradient + index, first + index, second + index, step)
    FOR_CHANNELS(0, count, WORK)
#undef WORK
}

#define KERNELS_NAMED(text) \
    { \
        text, NAMED(transformWeights), NAMED(transformTurnedWeights), NAMED(convolve), NAMED(weightGradient), \
        NAMED(restoreGradient), NAMED(product), NAMED(adam) \
    }
