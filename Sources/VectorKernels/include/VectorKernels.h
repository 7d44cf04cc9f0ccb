#ifndef VECTOR_KERNELS_H
#define VECTOR_KERNELS_H

#include "Team.h"

// The kernels whose speed is the product's, in C because Swift reaches neither the instruction sets that a machine has
// beyond the oldest, nor vectors that stay in registers. One source is compiled once for each instruction set, and the
// best that the machine has is chosen at run time.
//
// Maps are [image][row][column][channel], single precision, without gaps. Nothing here allocates, locks or fails; the
// caller has checked every extent.

/// Convolution of stride 1 by Winograd's minimal filtering [Lavin & Gray 2016], with the points 0, ±1, ±2 and infinity in
/// tiles of 6 × 6, F(4×4, 3×3) and F(2×2, 5×5), and also ±1/2 in tiles of 8 × 8, F(6×6, 3×3) and F(4×4, 5×5).
///
/// target[y, x, o] = Σ weight[v, u, i, o] · source[y + v − top, x + u − top, i], with zeros outside of the source.
typedef struct {
    long batch;
    long sourceHeight, sourceWidth, sourceChannels;
    long targetHeight, targetWidth, targetChannels;
    /// 3 or 5.
    long kernel;
    /// Pixels of a tile's side, 6 or 8.
    long points;
    /// Zeros above and left of the source.
    long padding;
    /// Tiles that go through the cache together.
    long block;
    /// Tiles ahead of the one at hand whose pixels are fetched; 0 for maps that lie in a near cache already.
    long lead;
    /// Whether the target goes straight to memory where vectors fill cache lines; it starts on one.
    int streams;
} WinogradShape;

/// A thread's share of a kernel: tiles `firstTile ..< lastTile`, counted over all images, and some channels, multiples of 4
/// unless they are all.
typedef struct {
    long firstTile, lastTile;
    long firstChannel, lastChannel;
} WinogradShare;

/// What is done to a convolution's values before they are left, in this order. Null for what is not wanted.
typedef struct {
    /// Added to every pixel; one value a channel.
    const float *bias;
    /// A map like the target, added. It may be the target itself.
    const float *residual;
    /// Negative values become 0; NaN stays.
    int relu;
    /// A map like the target: where it is not positive, 0 is left.
    const float *mask;
} VectorFinish;

/// The numbers of one step of Adam [Kingma & Ba 2015, algorithm 1], with the moments' bias corrected in `rate` and
/// `correction`.
typedef struct {
    float keep1, admit1, keep2, admit2;
    float rate, correction, epsilon;
} AdamStep;

/// The kernels of one instruction set.
typedef struct {
    const char *name;

    /// Weights [row][column][fine][coarse] to their transform [points²][fine][coarse padded to 4], for channels
    /// `first ..< last` of the fine ones. The coarse channels lie in panels of 64, each [fine][64].
    void (*transformWeights)(
        const float *weights, long points, long kernel, long fine, long coarse, long first, long last,
        float *transformed);

    /// The same of the kernel turned by 180° with in and out exchanged: [points²][coarse][fine padded to 4] in such
    /// panels, for channels `first ..< last` of the coarse ones; `scratch` holds 16 · kernel² · fine floats.
    void (*transformTurnedWeights)(
        const float *weights, long points, long kernel, long fine, long coarse, long first, long last,
        float *transformed, float *scratch);

    /// Convolves some tiles to some channels of the target.
    void (*convolve)(
        const WinogradShape *shape, const float *source, const float *weights, float *target,
        const VectorFinish *finish, const WinogradShare *share, float *scratch);

    /// Sets `sums`, [points²][channels][target channels padded to 4], to the transformed weights' gradient over some tiles for
    /// some channels of the source, and `bias` to the sum of the gradient over these tiles. `gradient` is a map like the
    /// target.
    void (*weightGradient)(
        const WinogradShape *shape, const float *source, const float *gradient, float *sums, float *bias,
        const WinogradShare *share, float *scratch);

    /// Adds the sum over `parts` of transformed gradients [points²][rows][coarse padded to 4] that lie `stride` floats
    /// apart, transformed back, to the weights' gradient [tap][row][coarse], for rows `first ..< last`. Taps lie `tapStride`
    /// floats apart.
    void (*restoreGradient)(
        const float *sums, long parts, long stride, long points, long kernel, long rows, long coarse, long first,
        long last, float *gradient, long tapStride);

    /// c = a · b (+ c), for products whose operands stay in cache: a has `rows` rows that lie `rowStep` floats apart, with
    /// `depth` values that lie `depthStep` apart; b and c are stored by rows of `columns` without gaps.
    void (*product)(
        long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, float *c,
        int accumulates);

    /// One step of Adam for `count` parameters.
    void (*adam)(
        long count, float *parameters, const float *gradient, float *first, float *second, const AdamStep *step);
} VectorKernels;

/// Floats of scratch that `convolve` and `weightGradient` need.
long winogradScratch(const WinogradShape *shape);

/// Tiles of all images together.
long winogradTiles(const WinogradShape *shape);

/// The kernels of an instruction set, or null where the machine lacks it: "baseline", "avx2", "avx512".
const VectorKernels *vectorKernels(const char *name);

/// The fastest that the machine has.
const VectorKernels *bestVectorKernels(void);

#endif
