// The kernels of one instruction set. The file that includes this says which: WIDEST, the floats of its widest vector;
// REGISTERS, how many of those it has; NAMED(x), x with the set's name; and the target attribute.

#include <string.h>

#include "Support.h"

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define UNROLL _Pragma("clang loop unroll(full)")
// A pointer that the compiler takes as it comes: it would otherwise work out all of a tile's addresses at once and run
// out of registers.
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

/// Places of a map, `step` floats apart; none where `place` is null.
typedef struct {
    const float *place;
    long step;
} Stretch;

/// What a product fetches for whoever reads next, a place at each step of the depth of each piece of rows.
typedef struct {
    /// Operands of the product after this one, into the first cache: `step` floats apart, for the next piece `advance` on;
    /// none where `place` is null.
    const float *place;
    long step, advance;
    /// What the next block of tiles reads, into the second cache.
    Stretch pixels;
} Ahead;
#define NOTHING_AHEAD ((Ahead){0, 0, 0, {0, 0}})

/// What of a tile's pixels is in a map: rows `top ..< bottom` and columns `left ..< right`.
typedef struct {
    long top, bottom, left, right;
} Part;

/// Where the taps of a kernel lie from its first one on, and how many there are; the rest of the kernel is 0.
typedef struct {
    long rowStep, columnStep, rows, columns;
} TapPlaces;

#include "Points.h"

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
#include "Tilings.h"

// MARK: - Convolution

/// Tiles of a block: as many as the shape says, or so many less that the last of a run is not much smaller than the
/// others.
INLINE long blockFor(const WinogradShape *shape, long tiles) {
    long blocks = ceilingDivision(tiles, shape->block), even = ceilingDivision(ceilingDivision(tiles, blocks), 12) * 12;
    return even < shape->block ? even : shape->block;
}

// While products run nothing else asks the memory for anything. So where the source lies far away they fetch what the next
// block of tiles reads of it, a line or less at each step: `points` planes for each row of pixels, as if all tiles lay
// beside each other (measured at 720 × 1280 × 32: a tenth of a network's time).

/// The pixels of the source that a block of tiles reads, from row `top` of the map on; nothing where `start` is null.
typedef struct {
    const float *start;
    long top, height, rowStride;
    /// A plane's part of a row, and floats of it for each step of the product.
    long part, step;
} NextPixels;

INLINE NextPixels nextPixels(
    const WinogradShape *shape, const float *source, Place place, long count, long steps) {
    NextPixels next = {0};
    // With phases there are twice the rows, for no more planes.
    if (!shape->lead || shape->sourceStride > 1 || place.image >= shape->batch) return next;
    long pixel = shape->sourceChannels, out = shape->points + 1 - shape->taps;
    // The columns before are those of the block at hand.
    long column = place.column - shape->padding + shape->taps - 1;
    next.top = place.row - shape->padding;
    next.height = shape->sourceHeight;
    next.rowStride = shape->sourceWidth * pixel;
    next.part = count * out * pixel / shape->points;
    next.step = next.part / steps;
    next.start = source + (place.image * next.height + next.top) * next.rowStride + column * pixel;
    return next;
}

/// What the product of a plane fetches.
INLINE Stretch partOf(const NextPixels *next, long row, long part) {
    long y = next->top + row;
    if (!next->start || y < 0 || y >= next->height) return (Stretch){0, 0};
    return (Stretch){next->start + row * next->rowStride + part * next->part, next->step};
}

static void NAMED(convolve)(
    const WinogradShape *shape, const float *source, const float *weights, float *target, const VectorFinish *finish,
    const WinogradShare *given, float *scratch) {
    const WinogradShare share = *given;
    long planes = shape->points * shape->points, out = shape->points + 1 - shape->taps;
    long in = sourceDepth(shape), depth = targetDepth(shape), padded = paddedChannels(depth);
    int isAll = share.firstChannel == 0 && share.lastChannel == depth;
    long first = share.firstChannel, last = isAll ? padded : share.lastChannel;
    long spreadStride = planeStride(shape->block, in), productStride = planeStride(shape->block, last - first);
    // A product whose columns are all in registers when it is left may take its left operand's place; in two panels the
    // first would overwrite what the second still reads.
    int isInPlace = in == last - first && STAYS_IN_REGISTERS(in) && first / PANEL == (last - 1) / PANEL;
    float *spread = scratch, *products = isInPlace ? spread : spread + planes * spreadStride;
    float *zeros = products + planes * productStride, *bias = zeros + shape->sourceChannels;
    memset(zeros, 0, sizeof(float) * shape->sourceChannels);
    if (share.firstTile >= share.lastTile || first >= last) return;
    VectorFinish steps = *finish;
    if (finish->bias && shape->targetStride > 1) {
        for (long column = 0; column < shape->targetStride; column++)
            memcpy(bias + column * shape->targetChannels, finish->bias, sizeof(float) * shape->targetChannels);
        steps.bias = bias;
    }
    long block = blockFor(shape, share.lastTile - share.firstTile);
    for (long tile = share.firstTile; tile < share.lastTile; tile += block) {
        long count = share.lastTile - tile < block ? share.lastTile - tile : block;
        Place place = placeOf(shape, out, tile);
        spreadTiles(shape, source, 0, in, place, count, spread, spreadStride, zeros);
#if WIDEST >= 16
        if (in == 8 && padded == 8 && isInPlace)
            NAMED(multiplyEightPlanes)(planes, count, spread, spreadStride, weights);
        else
#endif
        {
            NextPixels next = nextPixels(
                shape, source, placeOf(shape, out, tile + count), count, stepsOfProduct(count, last - first, in));
            for (long row = 0, plane = 0; row < shape->points; row++)
                for (long part = 0; part < shape->points; part++, plane++)
                    multiplyPanels(
                        count, padded, in, spread + plane * spreadStride, weights + plane * weightStride(in, padded),
                        first, last, products + plane * productStride, partOf(&next, row, part));
        }
        gatherTiles(shape, products, productStride, first, share.lastChannel, place, count, &steps, target);
    }
}

static void NAMED(weightGradient)(
    const WinogradShape *shape, const float *source, const float *gradient, float *sums, float *bias,
    const WinogradShare *given, float *scratch) {
    const WinogradShare share = *given;
    long planes = shape->points * shape->points, out = shape->points + 1 - shape->taps;
    long in = share.lastChannel - share.firstChannel, padded = paddedChannels(shape->targetChannels);
    long spreadStride = planeStride(shape->block, in), scatterStride = planeStride(shape->block, padded);
    float *spread = scratch, *scattered = spread + planes * spreadStride, *zeros = scattered + planes * scatterStride;
    memset(zeros, 0, sizeof(float) * shape->sourceChannels);
    memset(bias, 0, sizeof(float) * shape->targetChannels);
    if (share.firstTile >= share.lastTile) {
        memset(sums, 0, sizeof(float) * planes * weightStride(in, padded));
        return;
    }
    long block = blockFor(shape, share.lastTile - share.firstTile);
    for (long tile = share.firstTile; tile < share.lastTile; tile += block) {
        long count = share.lastTile - tile < block ? share.lastTile - tile : block;
        Place place = placeOf(shape, out, tile);
        spreadTiles(
            shape, source, share.firstChannel, share.lastChannel, place, count, spread, spreadStride, zeros);
        scatterTiles(shape, gradient, place, count, scattered, scatterStride);
#if WIDEST >= 16
        if (in == 8 && padded == 8)
            NAMED(sumEightPlanes)(
                planes, count, spread, spreadStride, scattered, scatterStride, sums, tile > share.firstTile);
        else
#endif
        for (long plane = 0; plane < planes; plane++) {
            float *to = sums + plane * weightStride(in, padded);
            Ahead ahead = {to + weightStride(in, padded), LINE, count * LINE, {0, 0}};
            NAMED(multiply)(
                in, padded, count, spread + plane * spreadStride, 1, in, scattered + plane * scatterStride, padded, to,
                padded, tile > share.firstTile, ahead);
        }
        // The plane of the points (1, 1) holds each tile's plain sum.
        const float *plain = scattered + (shape->points + 1) * scatterStride;
        for (long index = 0; index < count; index++)
            for (long channel = 0; channel < shape->targetChannels; channel++)
                bias[channel] += plain[index * padded + channel];
    }
}

#include "Weights.h"

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
