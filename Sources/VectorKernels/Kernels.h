// The kernels of one instruction set. The file that includes this says which: WIDEST, the floats of its widest vector;
// REGISTERS, how many of those it has; NAMED(x), x with the set's name; and the target attribute.

#include <string.h>

#include "Support.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
// The sums of a product that stay in registers, beside the right operand's vectors and one broadcast value.
#define MOST_SUMS (REGISTERS >= 32 ? 24 : 12)

#if WIDEST >= 16
#define WIDTH 16
#define VECTOR Vector16
#define WIDE(name) name##16
#include "Width.h"
#endif
#if WIDEST >= 8
#define WIDTH 8
#define VECTOR Vector8
#define WIDE(name) name##8
#include "Width.h"
#endif
#define WIDTH 4
#define VECTOR Vector4
#define WIDE(name) name##4
#include "Width.h"
#define WIDTH 1
#define VECTOR Vector1
#define WIDE(name) name##1
#include "Width.h"

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

/// c = a · b (+ c) of any size.
INLINE void multiply(
    long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, float *c,
    int accumulates) {
    long n = 0;
#define PIECE(width, most, vectors) \
    for (; n + (width) * (vectors) <= columns; n += (width) * (vectors)) \
        multiplyColumns##width(most, vectors, rows, depth, a, rowStep, depthStep, b + n, columns, c + n, columns, \
            accumulates)
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

static void NAMED(product)(
    long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, float *c,
    int accumulates) {
    multiply(rows, columns, depth, a, rowStep, depthStep, b, c, accumulates);
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

/// Points to the 6 × 6 pixels from (row, column) on, and to zeros for those that are outside of the map.
INLINE void pointToPixels(
    const WinogradShape *shape, const float *image, long row, long column, const float *zeros, const float **pixels) {
    for (int i = 0; i < 6; i++) {
        long y = row + i;
        int isInside = y >= 0 && y < shape->sourceHeight;
        const float *line = image + (y * shape->sourceWidth + column) * shape->sourceChannels;
        for (int j = 0; j < 6; j++) {
            long x = column + j;
            pixels[6 * i + j] =
                isInside && x >= 0 && x < shape->sourceWidth ? line + j * shape->sourceChannels : zeros;
        }
    }
}

/// Transforms the source of `count` tiles from `place` on into `planes`. `zeros` are as many as a pixel has channels.
INLINE void spreadTiles(
    const WinogradShape *shape, int out, const float *source, Place place, long count, float *planes, long planeStride,
    const float *zeros) {
    long channels = shape->sourceChannels, height = shape->sourceHeight, width = shape->sourceWidth;
    for (long tile = 0; tile < count; tile++) {
        long row = place.row - shape->padding, column = place.column - shape->padding;
        const float *image = source + place.image * height * width * channels;
        float *to = planes + tile * channels;
        if (row >= 0 && column >= 0 && row + 6 <= height && column + 6 <= width) {
            const float *from = image + (row * width + column) * channels;
#define WORK(WIDTH, channel) spreadPatch##WIDTH(from + channel, width * channels, channels, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        } else {
            const float *pixels[36];
            pointToPixels(shape, image, row, column, zeros, pixels);
#define WORK(WIDTH, channel) spreadPixels##WIDTH(pixels, channel, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        }
        advance(shape, out, &place);
    }
}

/// Transforms `planes` back for `count` tiles from `place` on, finishes them and leaves them in the target.
INLINE void gatherTiles(
    const WinogradShape *shape, int out, const float *planes, long planeStride, Place place, long count,
    const VectorFinish *finish, float *target) {
    long channels = shape->targetChannels, padded = paddedChannels(channels);
    long rowStride = shape->targetWidth * channels;
    for (long tile = 0; tile < count; tile++) {
        const float *from = planes + tile * padded;
        long rows = shape->targetHeight - place.row, columns = shape->targetWidth - place.column;
        long start = ((place.image * shape->targetHeight + place.row) * shape->targetWidth + place.column) * channels;
        if (rows >= out && columns >= out) {
#define WORK(width, channel) \
    Vector##width y[16]; \
    gatherPatch##width(out, from + channel, planeStride, y); \
    finishPatch##width(out, y, out, out, target, finish, channel, start + channel, rowStride, channels)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        } else {
#define WORK(width, channel) \
    Vector##width y[16]; \
    gatherPatch##width(out, from + channel, planeStride, y); \
    finishPatch##width(out, y, rows, columns, target, finish, channel, start + channel, rowStride, channels)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        }
        advance(shape, out, &place);
    }
}

/// Transforms the gradient of `count` tiles from `place` on into `planes`.
INLINE void scatterTiles(
    const WinogradShape *shape, int out, const float *gradient, Place place, long count, float *planes,
    long planeStride) {
    long channels = shape->targetChannels, padded = paddedChannels(channels);
    long height = shape->targetHeight, width = shape->targetWidth;
    for (long tile = 0; tile < count; tile++) {
        const float *from = gradient + ((place.image * height + place.row) * width + place.column) * channels;
        long rows = height - place.row, columns = width - place.column;
        float *to = planes + tile * padded;
        if (rows >= out && columns >= out) {
#define WORK(WIDTH, channel) \
    scatterPatch##WIDTH(out, from + channel, out, out, width * channels, channels, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        } else {
#define WORK(WIDTH, channel) \
    scatterPatch##WIDTH(out, from + channel, rows, columns, width * channels, channels, to + channel, planeStride)
            FOR_CHANNELS(0, channels, WORK)
#undef WORK
        }
        for (long channel = channels; channel < padded; channel++)
            for (int plane = 0; plane < 36; plane++) to[plane * planeStride + channel] = 0;
        advance(shape, out, &place);
    }
}

// MARK: - Convolution

INLINE void convolveTiles(
    const WinogradShape *shape, int out, const float *source, const float *weights, float *target,
    const VectorFinish *finish, long first, long last, float *scratch) {
    long in = shape->sourceChannels, padded = paddedChannels(shape->targetChannels);
    long spreadStride = planeStride(shape->block, in), productStride = planeStride(shape->block, padded);
    float *spread = scratch, *products = spread + 36 * spreadStride, *zeros = products + 36 * productStride;
    memset(zeros, 0, sizeof(float) * in);
    for (long tile = first; tile < last; tile += shape->block) {
        long count = last - tile < shape->block ? last - tile : shape->block;
        Place place = placeOf(shape, out, tile);
        spreadTiles(shape, out, source, place, count, spread, spreadStride, zeros);
        for (int plane = 0; plane < 36; plane++)
            multiply(count, padded, in, spread + plane * spreadStride, in, 1, weights + plane * in * padded,
                products + plane * productStride, 0);
        gatherTiles(shape, out, products, productStride, place, count, finish, target);
    }
}

static void NAMED(convolve)(
    const WinogradShape *shape, const float *source, const float *weights, float *target, const VectorFinish *finish,
    long first, long last, float *scratch) {
    if (shape->kernel == 3)
        convolveTiles(shape, 4, source, weights, target, finish, first, last, scratch);
    else
        convolveTiles(shape, 2, source, weights, target, finish, first, last, scratch);
}

INLINE void addWeightGradient(
    const WinogradShape *shape, int out, const float *source, const float *gradient, float *sums, float *bias,
    long first, long last, float *scratch) {
    long in = shape->sourceChannels, padded = paddedChannels(shape->targetChannels);
    long spreadStride = planeStride(shape->block, in), scatterStride = planeStride(shape->block, padded);
    float *spread = scratch, *scattered = spread + 36 * spreadStride, *zeros = scattered + 36 * scatterStride;
    memset(zeros, 0, sizeof(float) * in);
    memset(bias, 0, sizeof(float) * shape->targetChannels);
    if (first >= last) memset(sums, 0, sizeof(float) * 36 * in * padded);
    for (long tile = first; tile < last; tile += shape->block) {
        long count = last - tile < shape->block ? last - tile : shape->block;
        Place place = placeOf(shape, out, tile);
        spreadTiles(shape, out, source, place, count, spread, spreadStride, zeros);
        scatterTiles(shape, out, gradient, place, count, scattered, scatterStride);
        for (int plane = 0; plane < 36; plane++)
            multiply(in, padded, count, spread + plane * spreadStride, 1, in, scattered + plane * scatterStride,
                sums + plane * in * padded, tile > first);
        // The plane of the points (1, 1) holds each tile's plain sum.
        const float *plain = scattered + 7 * scatterStride;
        for (long index = 0; index < count; index++)
            for (long channel = 0; channel < shape->targetChannels; channel++)
                bias[channel] += plain[index * padded + channel];
    }
}

static void NAMED(weightGradient)(
    const WinogradShape *shape, const float *source, const float *gradient, float *sums, float *bias, long first,
    long last, float *scratch) {
    if (shape->kernel == 3)
        addWeightGradient(shape, 4, source, gradient, sums, bias, first, last, scratch);
    else
        addWeightGradient(shape, 2, source, gradient, sums, bias, first, last, scratch);
}

// MARK: - Weights

/// Transforms `count` kernels that lie side by side into a row of each plane, and clears the row's padding.
INLINE void transformRow(
    long kernel, long count, const float *from, long tapStride, int turned, float *to, long plane) {
#define WORK(width, channel) \
    if (kernel == 3) \
        spreadWeights##width(3, from + channel, tapStride, turned, to + channel, plane); \
    else \
        spreadWeights##width(5, from + channel, tapStride, turned, to + channel, plane)
    FOR_CHANNELS(0, count, WORK)
#undef WORK
    for (long channel = count; channel < paddedChannels(count); channel++)
        for (int index = 0; index < 36; index++) to[index * plane + channel] = 0;
}

static void NAMED(transformWeights)(
    const float *weights, long kernel, long fine, long coarse, long first, long last, float *transformed) {
    long padded = paddedChannels(coarse), plane = fine * padded;
    for (long in = first; in < last; in++) {
        transformRow(kernel, coarse, weights + in * coarse, fine * coarse, 0, transformed + in * padded, plane);
    }
}

static void NAMED(transformTurnedWeights)(
    const float *weights, long kernel, long fine, long coarse, long first, long last, float *transformed,
    float *scratch) {
    long padded = paddedChannels(fine), area = kernel * kernel, plane = coarse * padded;
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
        transformRow(kernel, fine, scratch + within * area * fine, fine, 1, transformed + out * padded, plane);
    }
}

static void NAMED(restoreGradient)(
    const float *sums, long parts, long stride, long kernel, long fine, long coarse, long first, long last,
    float *gradient) {
    long padded = paddedChannels(coarse), tapStride = fine * coarse, plane = fine * padded;
    for (long in = first; in < last; in++) {
        const float *from = sums + in * padded;
        float *to = gradient + in * coarse;
#define WORK(width, channel) \
    if (kernel == 3) \
        restoreWeights##width(3, from + channel, parts, stride, plane, to + channel, tapStride); \
    else \
        restoreWeights##width(5, from + channel, parts, stride, plane, to + channel, tapStride)
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
