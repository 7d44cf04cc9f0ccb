#ifndef VECTOR_KERNELS_H
#define VECTOR_KERNELS_H

#include "Team.h"

// The kernels whose speed is the product's, in C because Swift reaches neither the instruction sets that a machine has
// beyond the oldest, nor vectors that stay in registers. One source is compiled once for each instruction set, and the
// best that the machine has is chosen at run time.
//
// Maps are [image][row][column][channel], single precision, without gaps. Nothing here allocates, locks or fails; the
// caller has checked every extent. A shape that no transforms are for traps.

/// Convolution by Winograd's minimal filtering [Lavin & Gray 2016], with the points 0, ±1, ±2 and infinity in tiles of
/// 6 × 6, F(4×4, 3×3) and F(2×2, 5×5), and also ±1/2 in tiles of 8 × 8, F(6×6, 3×3), F(4×4, 5×5) and F(7×7, 2×2).
///
/// target[y, x, o] = Σ weight[v, u, i, o] · source[y + v − padding, x + u − padding, i], with zeros outside of the
/// source.
///
/// A map may stand for its phases: where its stride is 2, channel c of its pixel (2i + r − start, 2j + s − start), with
/// the padding or the crop for a start, is channel (2r + s) · channels + c of pixel (i, j) of a map with four times the
/// channels. A convolution of stride 2 is one of stride 1 over its source's phases, with half as many taps, and its
/// adjoint is one that gives its target's phases.
typedef struct {
    long batch;
    /// As the maps lie in memory, as are all extents here but the grid's.
    long sourceHeight, sourceWidth, sourceChannels;
    long targetHeight, targetWidth, targetChannels;
    /// 1, or 2 for a map that stands for its phases.
    long sourceStride, targetStride;
    /// Results of an image: the target's height and width, or those of its phases.
    long gridHeight, gridWidth;
    /// A kernel's side, of a phase's: 2, 3 or 5.
    long taps;
    /// Pixels of a tile's side, 6 or 8.
    long points;
    /// Zeros above and left of the source, in its own pixels; negative where its first ones reach no result.
    long padding;
    /// Results of the phases' first row and column that lie outside of the target, 0 or 1.
    long crop;
    /// Tiles that go through the cache together.
    long block;
    /// Tiles ahead of the one at hand whose pixels are fetched; 0 for maps that lie in a near cache already.
    long lead;
    /// Whether the target goes straight to memory where vectors fill cache lines; it starts on one.
    int streams;
} WinogradShape;

/// Weights as they are stored, [row][column][fine][coarse], and the tiles that they are transformed for. With stride 2
/// the taps of each phase are a kernel, that of phase (r, s) and fine channel c the one of channel (2r + s) · fine + c,
/// with zeros where a phase has fewer taps than the first.
typedef struct {
    long kernel, stride, points;
    long fine, coarse;
} WinogradWeights;

/// A thread's share of a kernel: tiles `firstTile ..< lastTile`, counted over all images, and some channels (the
/// phases' where a map stands for them), multiples of 4 unless they are all.
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

    /// Weights to their transform [points²][fine][coarse padded to 4], see ``winogradWeights``, for channels
    /// `first ..< last` of the fine ones, or of their phases. The coarse channels lie in panels of 64, each [fine][64].
    void (*transformWeights)(
        const float *weights, const WinogradWeights *shape, long first, long last, float *transformed);

    /// The same of the kernel turned by 180° with in and out exchanged: likewise [points²][coarse][fine padded to 4] in
    /// such panels, for channels `first ..< last` of the coarse ones; `scratch` holds 16 · taps² · fine floats, fine
    /// being those of all phases.
    void (*transformTurnedWeights)(
        const float *weights, const WinogradWeights *shape, long first, long last, float *transformed, float *scratch);

    /// Convolves some tiles to some channels of the target. `weights` are as `transformWeights` has left them, or for the
    /// way from coarse to fine `transformTurnedWeights`: [points²][in][out padded to 4] in panels; `scratch` holds
    /// ``winogradScratch`` floats.
    void (*convolve)(
        const WinogradShape *shape, const float *source, const float *weights, float *target,
        const VectorFinish *finish, const WinogradShare *share, float *scratch);

    /// Sets `sums`, [points²][channels][target channels padded to 4] as ``winogradWeights`` counts them, to the
    /// transformed weights' gradient over some tiles for some channels of the source, and `bias` to the sum of the
    /// gradient over these tiles. `gradient` is a map like the target, which does not stand for phases.
    void (*weightGradient)(
        const WinogradShape *shape, const float *source, const float *gradient, float *sums, float *bias,
        const WinogradShare *share, float *scratch);

    /// Adds the sum over `parts` of such transformed gradients [points²][rows][coarse padded to 4], which lie
    /// `partStride` floats apart, transformed back, to the weights' gradient, for the fine channels `first ..< last`,
    /// or those of their phases; the transformed ones are those of `rows` channels from `start` on.
    void (*restoreGradient)(
        const float *sums, long parts, long partStride, const WinogradWeights *shape, long start, long rows, long first,
        long last, float *gradient);

    /// c = a · b (+ c), for products whose operands stay in cache: a has `rows` rows that lie `rowStep` floats apart,
    /// with `depth` values that lie `depthStep` apart, one of which steps is 1; b and c are stored by rows of `columns`
    /// without gaps.
    void (*product)(
        long rows, long columns, long depth, const float *a, long rowStep, long depthStep, const float *b, float *c,
        int accumulates);

    /// One step of Adam for `count` parameters.
    void (*adam)(
        long count, float *parameters, const float *gradient, float *first, float *second, const AdamStep *step);
} VectorKernels;

/// Floats of scratch that `convolve` and `weightGradient` need.
long winogradScratch(const WinogradShape *shape);

/// Floats of transformed weights, of `rows` channels to `columns`: [points²][rows][columns padded to 4], with a line
/// more for each plane of whole pages.
long winogradWeights(long points, long rows, long columns);

/// Tiles of all images together.
long winogradTiles(const WinogradShape *shape);

/// The kernels of an instruction set, or null where the machine lacks it: "baseline", "avx2", "avx512".
const VectorKernels *vectorKernels(const char *name);

/// The fastest that the machine has.
const VectorKernels *bestVectorKernels(void);

#endif
