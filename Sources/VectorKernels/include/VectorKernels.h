#ifndef VECTOR_KERNELS_H
#define VECTOR_KERNELS_H

// The kernels that decide the product's speed. They are in C because Swift reaches neither the instruction
// sets beyond the architecture's baseline nor vectors that stay in registers. One source is compiled once for
// each instruction set, and the best one that the machine has is chosen at run time.
//
// Maps are [image][row][column][channel], single precision, without gaps. No kernel allocates, locks or
// fails; the caller has checked every extent. A combination of tile and kernel without transforms traps.

/// A convolution by Winograd's minimal filtering [Lavin & Gray 2016], F(m×m, r×r) on tiles of α × α pixels
/// with α = m + r − 1. The interpolation points are 0, ±1, ±2 and infinity for α = 6, which gives F(4×4, 3×3)
/// and F(2×2, 5×5), and also ±1/2 for α = 8, which gives F(6×6, 3×3), F(4×4, 5×5) and F(7×7, 2×2).
///
/// output[y, x, o] = Σ weight[v, u, i, o] · input[y + v − padding, x + u − padding, i], with zeros outside of
/// the input. The transpose of a convolution is described by the same shape, with the two maps exchanged.
///
/// Stride 2 is done by polyphase decomposition: channel c of pixel (2i + r − start, 2j + s − start) of a map,
/// where `start` is the padding or the crop, is channel (2r + s) · channels + c of pixel (i, j) of its
/// phases. A convolution of stride 2 is one of stride 1 over its input's phases with kernels of half the
/// size, and its transpose is one that produces its output's phases.
typedef struct {
    long batch;
    /// Extents of the maps as they lie in memory.
    long inputHeight, inputWidth, inputChannels;
    long outputHeight, outputWidth, outputChannels;
    /// 1, or 2 for a map that is read or written by its phases.
    long inputStride, outputStride;
    /// Height and width of an image's results: the output's, or those of its phases.
    long gridHeight, gridWidth;
    /// r, a side of the kernel or of a phase's kernel: 2, 3 or 5.
    long kernelSize;
    /// α, a side of the tile: 6 or 8.
    long tileSize;
    /// Rows of zeros above the input and columns of zeros left of it, in the input's own pixels; negative if
    /// the first pixels reach no result.
    long padding;
    /// Rows and columns of the phases' results before the output's first pixel, 0 or 1.
    long crop;
    /// Tiles that go through the cache together.
    long blockTiles;
    /// How many tiles ahead of the current one pixels are prefetched; 0 for maps that fit a near cache.
    long prefetchDistance;
    /// Whether the output is written by non-temporal stores where vectors fill cache lines; it must then
    /// start on a cache line.
    int nonTemporal;
} WinogradShape;

/// The weights of a convolution as they are stored, [row][column][inputChannels][outputChannels] whichever
/// direction they are used in, and the tiles that they are transformed for. With stride 2 each phase has a
/// kernel of its own: that of phase (r, s) and input channel c is the one of channel (2r + s) · inputChannels
/// + c, with zeros where a phase has fewer taps than the first.
typedef struct {
    long kernelSize, stride, tileSize;
    long inputChannels, outputChannels;
} WinogradFilter;

/// A thread's share of a kernel's work: tiles `firstTile ..< lastTile`, counted over all images, and channels
/// `firstChannel ..< lastChannel` (of all phases together), multiples of 4 unless they are all channels.
typedef struct {
    long firstTile, lastTile;
    long firstChannel, lastChannel;
} WinogradShare;

/// The fused epilogue of a convolution, in this order. A null pointer leaves its step out.
typedef struct {
    /// Added to every pixel; one value a channel.
    const float *bias;
    /// A map of the output's shape, which is added. It may be the output itself.
    const float *residual;
    /// Whether negative values become 0; NaN stays.
    int relu;
    /// A map of the output's shape: where it is not positive, the output is 0.
    const float *mask;
} VectorEpilogue;

/// Gradients of transformed weights that are to be added up: `parts` of them, which lie `partStride` floats
/// apart, each [tileSize²][channels][outputChannels padded to 4] for the input channels from `firstChannel`
/// on (of all phases together).
typedef struct {
    const float *start;
    long parts, partStride;
    long firstChannel, channels;
} WinogradFilterSums;

/// The coefficients of one step of Adam [Kingma & Ba 2015, algorithm 1].
typedef struct {
    float beta1, oneMinusBeta1, beta2, oneMinusBeta2;
    /// The learning rate over 1 − β₁ᵗ.
    float stepSize;
    /// 1 over 1 − β₂ᵗ.
    float secondMomentCorrection;
    float epsilon;
} AdamCoefficients;

/// A depthwise convolution, of which a kernel computes one row of the output:
/// output[x, c] = bias[c] + Σ weight[v, u, c] · rows[v][x · stride + u · dilation − left, c], with zeros
/// outside.
typedef struct {
    long channels;
    long kernelHeight, kernelWidth;
    long stride, dilation;
    /// Columns of zeros at the left of the input.
    long left;
    long inputWidth, outputWidth;
} DepthwiseShape;

/// The kernels of one instruction set.
typedef struct {
    const char *name;

    /// G·w·Gᵀ: transforms weights to [tileSize²][inputChannels][outputChannels padded to 4], for the input
    /// channels `first ..< last` (of all phases together). The output channels lie in panels of 64 columns,
    /// each [inputChannels][64]. ``winogradFilterSize`` counts the floats.
    void (*winogradFilterTransform)(
        const float *weights, const WinogradFilter *filter, long first, long last, float *transformed);

    /// The same for the transposed convolution, whose kernel is rotated by 180° and whose channels are
    /// exchanged: [tileSize²][outputChannels][inputChannels padded to 4] in such panels, for the output
    /// channels `first ..< last`. `workspace` holds 16 · r² · inputChannels floats, with the input channels
    /// of all phases.
    void (*winogradRotatedFilterTransform)(
        const float *weights, const WinogradFilter *filter, long first, long last, float *transformed, float *workspace);

    /// Convolves a share's tiles to its channels of the output. `weights` are as `winogradFilterTransform`
    /// has left them, or for the transposed convolution `winogradRotatedFilterTransform`. `workspace` holds
    /// ``winogradWorkspaceSize`` floats.
    void (*winogradConvolution)(
        const WinogradShape *shape, const float *input, const float *weights, float *output,
        const VectorEpilogue *epilogue, const WinogradShare *share, float *workspace);

    /// Σ BᵀdB ⊙ A·dY·Aᵀ: sets `sums`, [tileSize²][channels][outputChannels padded to 4] as
    /// ``winogradFilterSize`` counts them, to the gradient of the transformed weights over a share's tiles
    /// for its channels of the input, and `bias` to the sum of the output's gradient over these tiles.
    /// `gradient` is a map of the output's shape; the output's stride is 1.
    void (*winogradFilterGradient)(
        const WinogradShape *shape, const float *input, const float *gradient, float *sums, float *bias,
        const WinogradShare *share, float *workspace);

    /// Gᵀ·(Σ sums)·G: adds the sums up, transforms them back and adds them to the weights' gradient, for the
    /// input channels `first ..< last` (of all phases together).
    void (*winogradFilterGradientTransform)(
        const WinogradFilterSums *sums, const WinogradFilter *filter, long first, long last, float *gradient);

    /// c = a · b (+ c), for products whose operands stay in cache. a has `rows` rows that lie `aRowStride`
    /// floats apart, with `depth` values that lie `aDepthStride` apart; one of these strides is 1. b and c
    /// are stored by rows of `columns` without gaps.
    void (*gemm)(
        long rows, long columns, long depth, const float *a, long aRowStride, long aDepthStride, const float *b,
        float *c, int accumulates);

    /// One step of Adam for `count` parameters.
    void (*adam)(
        long count, float *parameters, const float *gradient, float *firstMoment, float *secondMoment,
        const AdamCoefficients *coefficients);

    /// One row of a depthwise convolution's output. `rows` are the input's rows that the kernel's rows meet,
    /// null where they lie outside; `weights` are [kernelHeight][kernelWidth][channels]; `bias` may be null.
    void (*depthwise)(
        const DepthwiseShape *shape, const float *const *rows, const float *weights, const float *bias, float *output,
        int accumulates);

    /// Adds one output row's part of the weights' gradient to `sums`, [kernelHeight][kernelWidth][channels].
    void (*depthwiseGradient)(
        const DepthwiseShape *shape, const float *const *rows, const float *gradient, float *sums);

    /// y = (x − mean) / √(variance + ε) · scale + shift for each pixel, whose mean and variance are over its
    /// channels [Ba et al. 2016].
    void (*layerNorm)(
        long pixels, long channels, const float *x, const float *scale, const float *shift, float epsilon, float *y);

    /// The gradient of `layerNorm` with respect to x, from that with respect to y.
    void (*layerNormGradient)(
        long pixels, long channels, const float *x, const float *gradient, const float *scale, float epsilon,
        float *target, int accumulates);

    /// Adds the gradients of `layerNorm` with respect to scale and shift.
    void (*layerNormSums)(
        long pixels, long channels, const float *x, const float *gradient, float epsilon, float *scale, float *shift);

    /// y = x · scale + shift (+ y), channel by channel.
    void (*scaleRows)(
        long pixels, long channels, const float *x, const float *scale, const float *shift, float *y, int accumulates);

    /// Adds x, or x · other unless that is null, over the pixels to a sum for each channel.
    void (*sumRows)(long pixels, long channels, const float *x, const float *other, float *sums);

    /// Adds (x − mean)² over the pixels to a sum for each channel.
    void (*sumSquaredDeviations)(long pixels, long channels, const float *x, const float *mean, float *sums);
} VectorKernels;

/// Floats of workspace that `winogradConvolution` and `winogradFilterGradient` need.
long winogradWorkspaceSize(const WinogradShape *shape);

/// Floats of transformed weights, of `rows` channels to `columns`: [tileSize²][rows][columns padded to 4],
/// with a cache line more for each plane of whole pages.
long winogradFilterSize(long tileSize, long rows, long columns);

/// Tiles of all images together.
long winogradTileCount(const WinogradShape *shape);

/// The kernels of an instruction set, "baseline", "avx2" or "avx512", or null if the machine lacks it.
const VectorKernels *vectorKernels(const char *name);

/// The kernels of the fastest instruction set that the machine has.
const VectorKernels *bestVectorKernels(void);

#endif
