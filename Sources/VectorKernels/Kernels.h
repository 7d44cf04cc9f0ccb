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

/// What a product fetches for whoever reads next: for each piece of rows a line at each step of its depth, `step` floats
/// apart, and for the next piece `advance` floats on; nothing where `place` is null.
typedef struct {
    const float *place;
    long step, advance;
} Ahead;
#define NOTHING_AHEAD ((Ahead){0, 0, 0})

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

#include "Products.h"
#include "Tiles.h"

// MARK: - Convolution

/// Tiles of a block: as many as the shape says, or so many less that the last of a run is not much smaller than the others.
INLINE long blockFor(const WinogradShape *shape, long tiles) {
    long blocks = ceilingDivision(tiles, shape->block), even = ceilingDivision(ceilingDivision(tiles, blocks), 12) * 12;
    return even < shape->block ? even : shape->block;
}

/// Calls WORK(points, kernel) with constants.
#define FOR_TILES(points, kernel, WORK) \
    if (points == 6 && kernel == 3) { WORK(6, 3); } \
    else if (points == 6) { WORK(6, 5); } \
    else if (kernel == 3) { WORK(8, 3); } \
    else { WORK(8, 5); }

INLINE void convolveTiles(
    const WinogradShape *shape, int points, int kernel, const float *source, const float *weights, float *target,
    const VectorFinish *finish, WinogradShare share, float *scratch) {
    int out = points + 1 - kernel;
    long in = shape->sourceChannels, padded = paddedChannels(shape->targetChannels);
    int isAll = share.firstChannel == 0 && share.lastChannel == shape->targetChannels;
    long first = share.firstChannel, last = isAll ? padded : share.lastChannel;
    long spreadStride = planeStride(shape->block, in), productStride = planeStride(shape->block, last - first);
    // A product whose columns are all in registers when it is left may take its left operand's place; in two panels the first
    // would overwrite what the second still reads.
    int isInPlace = in == last - first && STAYS_IN_REGISTERS(in) && first / PANEL == (last - 1) / PANEL;
    float *spread = scratch, *products = isInPlace ? spread : spread + points * points * spreadStride;
    float *zeros = products + points * points * productStride;
    memset(zeros, 0, sizeof(float) * in);
    if (share.firstTile >= share.lastTile || first >= last) return;
    long block = blockFor(shape, share.lastTile - share.firstTile);
    for (long tile = share.firstTile; tile < share.lastTile; tile += block) {
        long count = share.lastTile - tile < block ? share.lastTile - tile : block;
        Place place = placeOf(shape, out, tile);
        spreadTiles(shape, points, out, source, in, place, count, spread, spreadStride, zeros);
        for (int plane = 0; plane < points * points; plane++)
            multiplyPanels(count, padded, in, spread + plane * spreadStride, weights + plane * in * padded, first, last,
                products + plane * productStride);
        gatherTiles(shape, points, out, products, productStride, first, share.lastChannel, place, count, finish, target);
    }
}

static void NAMED(convolve)(
    const WinogradShape *shape, const float *source, const float *weights, float *target, const VectorFinish *finish,
    const WinogradShare *share, float *scratch) {
#define WORK(points, kernel) \
    convolveTiles(shape, points, kernel, source, weights, target, finish, *share, scratch)
    FOR_TILES(shape->points, shape->kernel, WORK)
#undef WORK
}

INLINE void sumWeightGradient(
    const WinogradShape *shape, int points, int kernel, const float *source, const float *gradient, float *sums,
    float *bias, WinogradShare share, float *scratch) {
    int out = points + 1 - kernel, planes = points * points;
    long in = share.lastChannel - share.firstChannel, padded = paddedChannels(shape->targetChannels);
    long spreadStride = planeStride(shape->block, in), scatterStride = planeStride(shape->block, padded);
    float *spread = scratch, *scattered = spread + planes * spreadStride, *zeros = scattered + planes * scatterStride;
    memset(zeros, 0, sizeof(float) * in);
    memset(bias, 0, sizeof(float) * shape->targetChannels);
    if (share.firstTile >= share.lastTile) {
        memset(sums, 0, sizeof(float) * planes * in * padded);
        return;
    }
    long block = blockFor(shape, share.lastTile - share.firstTile);
    for (long tile = share.firstTile; tile < share.lastTile; tile += block) {
        long count = share.lastTile - tile < block ? share.lastTile - tile : block;
        Place place = placeOf(shape, out, tile);
        spreadTiles(
            shape, points, out, source + share.firstChannel, in, place, count, spread, spreadStride, zeros);
        scatterTiles(shape, points, out, gradient, place, count, scattered, scatterStride);
        for (int plane = 0; plane < planes; plane++) {
            float *to = sums + plane * in * padded;
            Ahead ahead = {to + in * padded, LINE, count * LINE};
            multiply(in, padded, count, spread + plane * spreadStride, 1, in, scattered + plane * scatterStride, padded,
                to, padded, tile > share.firstTile, ahead);
        }
        // The plane of the points (1, 1) holds each tile's plain sum.
        const float *plain = scattered + (points + 1) * scatterStride;
        for (long index = 0; index < count; index++)
            for (long channel = 0; channel < shape->targetChannels; channel++)
                bias[channel] += plain[index * padded + channel];
    }
}

static void NAMED(weightGradient)(
    const WinogradShape *shape, const float *source, const float *gradient, float *sums, float *bias,
    const WinogradShare *share, float *scratch) {
#define WORK(points, kernel) \
    sumWeightGradient(shape, points, kernel, source, gradient, sums, bias, *share, scratch)
    FOR_TILES(shape->points, shape->kernel, WORK)
#undef WORK
}

// MARK: - Weights

/// Transforms `count` kernels that lie side by side into row `row` of `rows` of each plane, which lie in panels, and clears
/// the row's padding.
INLINE void transformRow(
    int points, int kernel, long count, const float *from, long tapStride, int turned, float *transformed, long row,
    long rows) {
    long padded = paddedChannels(count), plane = rows * padded;
    for (long first = 0; first < padded; first += PANEL) {
        long width = padded - first < PANEL ? padded - first : PANEL;
        long last = count - first < width ? count - first : width;
        float *to = transformed + first * rows + row * width;
#define WORK(WIDTH, channel) \
    spreadWeights##WIDTH(points, kernel, from + first + channel, tapStride, turned, to + channel, plane)
        FOR_CHANNELS(0, last, WORK)
#undef WORK
        for (long channel = last; channel < width; channel++)
            for (int index = 0; index < points * points; index++) to[index * plane + channel] = 0;
    }
}

static void NAMED(transformWeights)(
    const float *weights, long points, long kernel, long fine, long coarse, long first, long last, float *transformed) {
#define WORK(points, kernel) \
    for (long in = first; in < last; in++) \
        transformRow(points, kernel, coarse, weights + in * coarse, fine * coarse, 0, transformed, in, fine)
    FOR_TILES(points, kernel, WORK)
#undef WORK
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
#define WORK(points, kernel) \
    transformRow(points, kernel, fine, scratch + within * area * fine, fine, 1, transformed, out, coarse)
        FOR_TILES(points, kernel, WORK)
#undef WORK
    }
}

/// Transforms the sums of `count` kernels that lie side by side back, and adds them to the gradient.
INLINE void restoreRow(
    int points, int kernel, const float *sums, long parts, long stride, long plane, long count, float *gradient,
    long tapStride) {
#define WORK(width, channel) \
    restoreWeights##width(points, kernel, sums + channel, parts, stride, plane, gradient + channel, tapStride)
    FOR_CHANNELS(0, count, WORK)
#undef WORK
}

static void NAMED(restoreGradient)(
    const float *sums, long parts, long stride, long points, long kernel, long rows, long coarse, long first, long last,
    float *gradient, long tapStride) {
    long padded = paddedChannels(coarse), plane = rows * padded;
    for (long row = first; row < last; row++) {
#define WORK(points, kernel) \
    restoreRow(points, kernel, sums + row * padded, parts, stride, plane, coarse, gradient + row * coarse, tapStride)
        FOR_TILES(points, kernel, WORK)
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
