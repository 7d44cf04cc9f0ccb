// Checks the kernels of an architecture that is not the machine's own, under emulation, against the sums that
// define them: `make arm64`. On the machine's own architecture the Swift tests check far more. This test
// needs nothing but C, so that a C compiler for the other architecture is enough. It prints a line for each
// disagreement and then exits with status 1.

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winograd_layout.h"

typedef struct {
    long kernel, stride, tileSize, padding;
    long batch, height, width;
    long inputChannels, outputChannels;
} Case;

static atomic_int failures, checks;

/// Lies behind the last value. It is a number, because adding to NaN would leave NaN.
static const float guard = 12345;

static float *allocate(long count) {
    float *values = malloc(sizeof(float) * (count + 1));
    if (!values) abort();
    for (long index = 0; index < count; index++) values[index] = NAN;
    values[count] = guard;
    return values;
}

static double *zeros(long count) {
    double *values = calloc(count, sizeof(double));
    if (!values) abort();
    return values;
}

/// Frees values after a look at what lies behind them.
static void release(const char *what, float *values, long count) {
    checks++;
    if (values[count] != guard) {
        printf("%s: written behind the last value\n", what);
        failures++;
    }
    free(values);
}

static float *randomValues(long count, unsigned long seed) {
    float *values = allocate(count);
    for (long index = 0; index < count; index++) {
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        values[index] = (float)(seed >> 40) / (1 << 23) - 1;
    }
    return values;
}

/// Compares to within `tolerance` of the largest value; NaN counts as wrong.
static void expect(
    const char *what, const Case *test, const float *found, const double *sums, long count, double tolerance) {
    double scale = 1;
    for (long index = 0; index < count; index++) scale = fmax(scale, fabs(sums[index]));
    checks++;
    for (long index = 0; index < count; index++) {
        if (fabs(found[index] - sums[index]) <= tolerance * scale) continue;
        printf(
            "%s: %g is not %g at %ld (kernel %ld, stride %ld, tile %ld, padding %ld, %ldx%ldx%ld, %ld to %ld)\n",
            what, found[index], sums[index], index, test->kernel, test->stride, test->tileSize, test->padding,
            test->batch, test->height, test->width, test->inputChannels, test->outputChannels);
        failures++;
        return;
    }
}

typedef struct {
    const VectorKernels *kernels;
    const WinogradShape *shape;
    const float *input, *weights;
    float *output;
    const VectorEpilogue *epilogue;
    /// Whether threads share channels instead of tiles.
    int byChannels;
} Convolution;

/// One of two threads' share.
static void convolveShare(void *context, int thread) {
    const Convolution *convolution = context;
    const WinogradShape *shape = convolution->shape;
    long tiles = winogradTileCount(shape), depth = outputDepth(shape), middle = depth / 8 * 4;
    WinogradShare share = {tiles * thread / 2, tiles * (thread + 1) / 2, 0, depth};
    if (convolution->byChannels) share = (WinogradShare){0, tiles, thread ? middle : 0, thread ? depth : middle};
    float *scratch = allocate(winogradScratchSize(shape));
    convolution->kernels->winogradConvolution(
        shape, convolution->input, convolution->weights, convolution->output, convolution->epilogue, &share, scratch);
    release("scratch", scratch, winogradScratchSize(shape));
}

/// Checks a convolution with its tiles shared among threads and, where shares are multiples of 4, with its
/// channels.
static void checkConvolution(
    const char *what, ThreadTeam *team, Convolution convolution, const Case *test, const double *sums,
    double tolerance) {
    const WinogradShape *shape = convolution.shape;
    long count = shape->batch * shape->outputHeight * shape->outputWidth * shape->outputChannels;
    int canShareChannels = outputDepth(shape) % 8 == 0;
    for (convolution.byChannels = 0; convolution.byChannels <= canShareChannels; convolution.byChannels++) {
        convolution.output = allocate(count);
        threadTeamRun(team, convolveShare, &convolution);
        expect(what, test, convolution.output, sums, count, tolerance);
        release(what, convolution.output, count);
    }
}

/// The maps and weights of a case, and what the kernels should make of them. `output` is the output's
/// gradient too.
typedef struct {
    long outputHeight, outputWidth;
    long inputCount, outputCount, weightCount;
    float *input, *output, *weights, *bias;
    double *convolved, *transposed, *gradient, *biasGradient;
} Data;

/// The sums that define a convolution, its transpose and its gradients, and the epilogues of both directions.
static void computeSums(const Case *test, Data *data) {
    long k = test->kernel, inputs = test->inputChannels, outputs = test->outputChannels;
    long height = test->height, width = test->width;
    for (long index = 0; index < data->outputCount; index++) {
        long o = index % outputs, x = index / outputs % data->outputWidth;
        long y = index / outputs / data->outputWidth % data->outputHeight;
        long image = index / outputs / data->outputWidth / data->outputHeight;
        data->biasGradient[o] += data->output[index];
        for (long v = 0; v < k; v++)
            for (long u = 0; u < k; u++) {
                long row = y * test->stride + v - test->padding, column = x * test->stride + u - test->padding;
                if (row < 0 || column < 0 || row >= height || column >= width) continue;
                for (long i = 0; i < inputs; i++) {
                    long from = ((image * height + row) * width + column) * inputs + i;
                    long weight = ((v * k + u) * inputs + i) * outputs + o;
                    data->convolved[index] += (double)data->weights[weight] * data->input[from];
                    data->transposed[from] += (double)data->weights[weight] * data->output[index];
                    data->gradient[weight] += (double)data->input[from] * data->output[index];
                }
            }
    }
    for (long index = 0; index < data->outputCount; index++)
        data->convolved[index] = fmax(0, data->convolved[index] + data->bias[index % outputs]);
    for (long index = 0; index < data->inputCount; index++) {
        data->transposed[index] += data->bias[index % inputs] + data->input[index];
        if (data->input[index] <= 0) data->transposed[index] = 0;
    }
}

static Data makeData(const Case *test) {
    long k = test->kernel, s = test->stride, p = test->padding;
    long inputs = test->inputChannels, outputs = test->outputChannels;
    Data data = {.outputHeight = (test->height + 2 * p - k) / s + 1, .outputWidth = (test->width + 2 * p - k) / s + 1};
    data.inputCount = test->batch * test->height * test->width * inputs;
    data.outputCount = test->batch * data.outputHeight * data.outputWidth * outputs;
    data.weightCount = k * k * inputs * outputs;
    data.input = randomValues(data.inputCount, 1);
    data.output = randomValues(data.outputCount, 2);
    data.weights = randomValues(data.weightCount, 3);
    data.bias = randomValues(inputs > outputs ? inputs : outputs, 4);
    data.convolved = zeros(data.outputCount);
    data.transposed = zeros(data.inputCount);
    data.gradient = zeros(data.weightCount);
    data.biasGradient = zeros(outputs);
    computeSums(test, &data);
    return data;
}

static void releaseData(const Data *data) {
    release("input", data->input, data->inputCount);
    release("output", data->output, data->outputCount);
    release("weights", data->weights, data->weightCount);
    free(data->bias);
    free(data->convolved);
    free(data->transposed);
    free(data->gradient);
    free(data->biasGradient);
}

/// Small blocks, so that there are several; pixels are prefetched.
static WinogradShape forwardShape(const Case *test, const Data *data) {
    return (WinogradShape){
        .batch = test->batch, .inputHeight = test->height, .inputWidth = test->width,
        .inputChannels = test->inputChannels, .outputHeight = data->outputHeight, .outputWidth = data->outputWidth,
        .outputChannels = test->outputChannels, .inputStride = test->stride, .outputStride = 1,
        .gridHeight = data->outputHeight, .gridWidth = data->outputWidth,
        .kernelSize = ceilingDivision(test->kernel, test->stride), .tileSize = test->tileSize,
        .padding = test->padding, .blockTiles = 12, .prefetchDistance = 1};
}

static WinogradShape transposedShape(const Case *test, const Data *data) {
    long s = test->stride, kernelSize = ceilingDivision(test->kernel, s), skipped = test->padding / s;
    long crop = s > 1 ? test->padding - skipped * s : 0;
    return (WinogradShape){
        .batch = test->batch, .inputHeight = data->outputHeight, .inputWidth = data->outputWidth,
        .inputChannels = test->outputChannels, .outputHeight = test->height, .outputWidth = test->width,
        .outputChannels = test->inputChannels, .inputStride = 1, .outputStride = s,
        .gridHeight = (test->height - 1 + crop) / s + 1, .gridWidth = (test->width - 1 + crop) / s + 1,
        .kernelSize = kernelSize, .tileSize = test->tileSize, .padding = kernelSize - 1 - skipped, .crop = crop,
        .blockTiles = 12, .prefetchDistance = 1};
}

/// The bound on rounding errors that the Swift tests use too.
static double toleranceOf(const Case *test) { return test->tileSize == 6 ? 2e-5 : 1e-4; }

static void checkForward(
    const VectorKernels *kernels, ThreadTeam *team, const Case *test, const WinogradFilter *filter, const Data *data) {
    WinogradShape shape = forwardShape(test, data);
    long depth = inputDepth(&shape), count = winogradFilterSize(test->tileSize, depth, test->outputChannels);
    float *transformed = allocate(count);
    kernels->winogradFilterTransform(data->weights, filter, 0, depth, transformed);
    VectorEpilogue epilogue = {.bias = data->bias, .relu = 1};
    Convolution convolution = {kernels, &shape, data->input, transformed, 0, &epilogue, 0};
    checkConvolution("convolution", team, convolution, test, data->convolved, toleranceOf(test));
    release("transformed weights", transformed, count);
}

static void checkTransposed(
    const VectorKernels *kernels, ThreadTeam *team, const Case *test, const WinogradFilter *filter, const Data *data) {
    WinogradShape shape = transposedShape(test, data);
    long depth = outputDepth(&shape), count = winogradFilterSize(test->tileSize, test->outputChannels, depth);
    long scratchCount = 16 * shape.kernelSize * shape.kernelSize * depth;
    float *transformed = allocate(count), *scratch = allocate(scratchCount);
    kernels->winogradRotatedFilterTransform(
        data->weights, filter, 0, test->outputChannels, transformed, scratch);
    VectorEpilogue epilogue = {.bias = data->bias, .residual = data->input, .mask = data->input};
    Convolution convolution = {kernels, &shape, data->output, transformed, 0, &epilogue, 0};
    checkConvolution("transposed convolution", team, convolution, test, data->transposed, toleranceOf(test));
    release("rotated weights", transformed, count);
    release("scratch of the rotation", scratch, scratchCount);
}

/// The weights' gradient of the tiles in two parts, which are added up as they are transformed back.
static void checkGradient(
    const VectorKernels *kernels, const Case *test, const WinogradFilter *filter, const Data *data) {
    WinogradShape shape = forwardShape(test, data);
    long depth = inputDepth(&shape), outputs = test->outputChannels;
    long scratchCount = winogradScratchSize(&shape), tiles = winogradTileCount(&shape);
    long count = winogradFilterSize(test->tileSize, depth, outputs);
    float *sums = allocate(2 * count), *scratch = allocate(scratchCount), *gradient = allocate(data->weightCount);
    float *biasSums[] = {allocate(outputs), allocate(outputs)};
    memset(gradient, 0, sizeof(float) * data->weightCount);
    for (int part = 0; part < 2; part++) {
        WinogradShare share = {tiles * part / 2, tiles * (part + 1) / 2, 0, depth};
        kernels->winogradFilterGradient(
            &shape, data->input, data->output, sums + part * count, biasSums[part], &share, scratch);
    }
    for (long index = 0; index < outputs; index++) biasSums[0][index] += biasSums[1][index];
    WinogradFilterSums parts = {sums, 2, count, 0, depth};
    kernels->winogradFilterGradientTransform(&parts, filter, 0, depth, gradient);
    expect("weights' gradient", test, gradient, data->gradient, data->weightCount, 5 * toleranceOf(test));
    expect("bias's gradient", test, biasSums[0], data->biasGradient, outputs, toleranceOf(test));
    release("weights' gradient", gradient, data->weightCount);
    release("sums", sums, 2 * count);
    release("scratch of the weights' gradient", scratch, scratchCount);
    for (int part = 0; part < 2; part++) release("bias's gradient", biasSums[part], outputs);
}

static void check(const VectorKernels *kernels, ThreadTeam *team, Case test) {
    Data data = makeData(&test);
    WinogradFilter filter = {test.kernel, test.stride, test.tileSize, test.inputChannels, test.outputChannels};
    checkForward(kernels, team, &test, &filter, &data);
    checkTransposed(kernels, team, &test, &filter, &data);
    checkGradient(kernels, &test, &filter, &data);
    releaseData(&data);
}

static void checkProduct(
    const VectorKernels *kernels, long rows, long columns, long depth, int isColumnMajor, int accumulates) {
    Case test = {.batch = rows, .height = columns, .width = depth};
    float *a = randomValues(rows * depth, 5), *b = randomValues(depth * columns, 6);
    float *c = accumulates ? randomValues(rows * columns, 7) : allocate(rows * columns);
    double *expected = zeros(rows * columns);
    long aRowStride = isColumnMajor ? 1 : depth, aDepthStride = isColumnMajor ? rows : 1;
    for (long row = 0; row < rows; row++)
        for (long column = 0; column < columns; column++) {
            double sum = accumulates ? c[row * columns + column] : 0;
            for (long k = 0; k < depth; k++)
                sum += (double)a[row * aRowStride + k * aDepthStride] * b[k * columns + column];
            expected[row * columns + column] = sum;
        }
    kernels->gemm(rows, columns, depth, a, aRowStride, aDepthStride, b, c, accumulates);
    expect("product", &test, c, expected, rows * columns, 2e-6);
    release("product", c, rows * columns);
    free(a);
    free(b);
    free(expected);
}

static void checkAdam(const VectorKernels *kernels, long count) {
    Case test = {.batch = count};
    float *parameters = randomValues(count, 8), *gradient = randomValues(count, 9);
    float *firstMoment = randomValues(count, 10), *secondMoment = randomValues(count, 11);
    double *expected = zeros(count), *means = zeros(count), *squares = zeros(count);
    AdamCoefficients coefficients = {0.9f, 0.1f, 0.99f, 0.01f, 0.01f, 2.0f, 1e-8f};
    for (long index = 0; index < count; index++) {
        secondMoment[index] = fabsf(secondMoment[index]);
        double slope = gradient[index];
        means[index] = 0.9 * firstMoment[index] + 0.1 * slope;
        squares[index] = 0.99 * secondMoment[index] + 0.01 * slope * slope;
        expected[index] = parameters[index] - 0.01 * means[index] / (sqrt(2 * squares[index]) + 1e-8);
    }
    kernels->adam(count, parameters, gradient, firstMoment, secondMoment, &coefficients);
    expect("Adam's parameters", &test, parameters, expected, count, 2e-6);
    expect("Adam's first moment", &test, firstMoment, means, count, 2e-6);
    expect("Adam's second moment", &test, secondMoment, squares, count, 2e-6);
    release("Adam's parameters", parameters, count);
    release("Adam's first moment", firstMoment, count);
    release("Adam's second moment", secondMoment, count);
    free(gradient);
    free(expected);
    free(means);
    free(squares);
}

int main(void) {
    const VectorKernels *kernels = bestVectorKernels();
    ThreadTeam *team = threadTeamCreate(2, 2);
    if (!team) abort();
    const long sizes[][3] = {{1, 6, 67}, {2, 13, 26}, {1, 7, 9}, {3, 5, 5}, {1, 31, 12}};
    const long channels[][2] = {{17, 5}, {8, 8}, {16, 16}, {3, 2}, {12, 68}, {48, 17}};
    for (long kernel = 3; kernel <= 5; kernel++)
        for (long stride = 1; stride <= 2; stride++)
            for (long tileSize = stride == 1 ? 6 : 8; tileSize <= 8; tileSize += 2)
                for (int size = 0; size < 5; size++)
                    for (int pair = 0; pair < 6; pair++) {
                        // There are no transforms for a kernel of 4 with stride 1.
                        if (kernel == 4 && stride == 1) continue;
                        check(kernels, team, (Case){kernel, stride, tileSize, (size + pair) % kernel, sizes[size][0],
                            sizes[size][1], sizes[size][2], channels[pair][0], channels[pair][1]});
                    }
    for (long columns = 1; columns <= 70; columns += 3)
        for (int kind = 0; kind < 4; kind++) checkProduct(kernels, 13 + columns % 5, columns, 131, kind % 2, kind / 2);
    for (long count = 1; count < 40; count += 7) checkAdam(kernels, count);
    threadTeamDestroy(team);
    printf("%s: %d of %d checks failed\n", kernels->name, failures, checks);
    return failures > 0;
}
