// The kernels of an architecture that is not the machine's own, under emulation, against the sums that define them:
// `make arm64`. On the machine's own architecture the Swift tests check far more of them; this one has no more than C
// needs, so that a C compiler for the other architecture is enough. Exit status 1 and a line for each disagreement.

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Support.h"

typedef struct {
    long kernel, stride, points, padding;
    long batch, height, width;
    long fine, coarse;
} Case;

static atomic_int failures, checks;

/// What lies behind the last value: a number, for whoever adds to NaN leaves NaN.
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
            "%s: %g is not %g at %ld (kernel %ld, stride %ld, points %ld, padding %ld, %ldx%ldx%ld, %ld to %ld)\n",
            what, found[index], sums[index], index, test->kernel, test->stride, test->points, test->padding,
            test->batch, test->height, test->width, test->fine, test->coarse);
        failures++;
        return;
    }
}

typedef struct {
    const VectorKernels *kernels;
    const WinogradShape *shape;
    const float *source, *weights;
    float *target;
    const VectorFinish *finish;
    /// Whether threads share channels instead of tiles.
    int byChannels;
} Pass;

/// One of two threads' share.
static void convolveShare(void *context, int thread) {
    const Pass *pass = context;
    long tiles = winogradTiles(pass->shape);
    long depth = targetDepth(pass->shape), middle = depth / 8 * 4;
    WinogradShare share = {tiles * thread / 2, tiles * (thread + 1) / 2, 0, depth};
    if (pass->byChannels) share = (WinogradShare){0, tiles, thread ? middle : 0, thread ? depth : middle};
    float *scratch = allocate(winogradScratch(pass->shape));
    pass->kernels->convolve(
        pass->shape, pass->source, pass->weights, pass->target, pass->finish, &share, scratch);
    release("scratch", scratch, winogradScratch(pass->shape));
}

/// One direction of a convolution, with its tiles shared and, where shares of channels are multiples of 4, its channels.
static void checkPass(
    const char *what, Team *team, Pass pass, const Case *test, const double *sums, double tolerance) {
    const WinogradShape *shape = pass.shape;
    long count = shape->batch * shape->targetHeight * shape->targetWidth * shape->targetChannels;
    int canShareChannels = targetDepth(shape) % 8 == 0;
    for (pass.byChannels = 0; pass.byChannels <= canShareChannels; pass.byChannels++) {
        pass.target = allocate(count);
        teamRun(team, convolveShare, &pass);
        expect(what, test, pass.target, sums, count, tolerance);
        release(what, pass.target, count);
    }
}

static void check(const VectorKernels *kernels, Team *team, Case test) {
    long k = test.kernel, s = test.stride, p = test.padding, taps = (k + s - 1) / s, phases = s * s;
    long high = (test.height + 2 * p - k) / s + 1, wide = (test.width + 2 * p - k) / s + 1;
    long fineCount = test.batch * test.height * test.width * test.fine;
    long coarseCount = test.batch * high * wide * test.coarse, weightCount = k * k * test.fine * test.coarse;
    float *fine = randomValues(fineCount, 1), *coarse = randomValues(coarseCount, 2);
    float *weights = randomValues(weightCount, 3);
    float *bias = randomValues(test.fine > test.coarse ? test.fine : test.coarse, 4);

    double *gathered = zeros(coarseCount), *spread = zeros(fineCount);
    double *gradient = zeros(weightCount), *biasGradient = zeros(test.coarse);
    for (long place = 0; place < coarseCount; place++) {
        long o = place % test.coarse, x = place / test.coarse % wide, y = place / test.coarse / wide % high;
        long image = place / test.coarse / wide / high;
        biasGradient[o] += coarse[place];
        for (long v = 0; v < k; v++)
            for (long u = 0; u < k; u++) {
                long row = y * s + v - p, column = x * s + u - p;
                if (row < 0 || column < 0 || row >= test.height || column >= test.width) continue;
                for (long i = 0; i < test.fine; i++) {
                    long from = ((image * test.height + row) * test.width + column) * test.fine + i;
                    long weight = ((v * k + u) * test.fine + i) * test.coarse + o;
                    gathered[place] += (double)weights[weight] * fine[from];
                    spread[from] += (double)weights[weight] * coarse[place];
                    gradient[weight] += (double)fine[from] * coarse[place];
                }
            }
    }
    for (long place = 0; place < coarseCount; place++)
        gathered[place] = fmax(0, gathered[place] + bias[place % test.coarse]);
    for (long place = 0; place < fineCount; place++) {
        spread[place] += bias[place % test.fine] + fine[place];
        if (fine[place] <= 0) spread[place] = 0;
    }

    long skipped = p / s, crop = s > 1 ? p - skipped * s : 0;
    // Small blocks, so that there are several; pixels are fetched ahead.
    WinogradShape gathering = {
        .batch = test.batch, .sourceHeight = test.height, .sourceWidth = test.width, .sourceChannels = test.fine,
        .targetHeight = high, .targetWidth = wide, .targetChannels = test.coarse, .sourceStride = s, .targetStride = 1,
        .gridHeight = high, .gridWidth = wide, .taps = taps, .points = test.points, .padding = p, .block = 12,
        .lead = 1};
    WinogradShape spreading = {
        .batch = test.batch, .sourceHeight = high, .sourceWidth = wide, .sourceChannels = test.coarse,
        .targetHeight = test.height, .targetWidth = test.width, .targetChannels = test.fine, .sourceStride = 1,
        .targetStride = s, .gridHeight = (test.height - 1 + crop) / s + 1,
        .gridWidth = (test.width - 1 + crop) / s + 1, .taps = taps, .points = test.points,
        .padding = taps - 1 - skipped, .crop = crop, .block = 12, .lead = 1};
    WinogradWeights layout = {k, s, test.points, test.fine, test.coarse};
    // What rounding may come to, as in the Swift tests.
    double tolerance = test.points == 6 ? 2e-5 : 1e-4;

    long packedCount = winogradWeights(test.points, phases * test.fine, test.coarse);
    float *packed = allocate(packedCount);
    kernels->transformWeights(weights, &layout, 0, phases * test.fine, packed);
    VectorFinish finish = {bias, 0, 1, 0};
    checkPass("gather", team, (Pass){kernels, &gathering, fine, packed, 0, &finish, 0}, &test, gathered, tolerance);
    release("transformed weights", packed, packedCount);

    long turnedCount = winogradWeights(test.points, test.coarse, phases * test.fine);
    long roomCount = 16 * taps * taps * phases * test.fine;
    float *turned = allocate(turnedCount), *room = allocate(roomCount);
    kernels->transformTurnedWeights(weights, &layout, 0, test.coarse, turned, room);
    VectorFinish masked = {bias, fine, 0, fine};
    checkPass("spread", team, (Pass){kernels, &spreading, coarse, turned, 0, &masked, 0}, &test, spread, tolerance);
    release("turned weights", turned, turnedCount);
    release("room for turning weights", room, roomCount);

    // Two parts of the tiles, put together as they are transformed back.
    long scratchCount = winogradScratch(&gathering), tiles = winogradTiles(&gathering);
    float *sums = allocate(2 * packedCount), *scratch = allocate(scratchCount), *restored = allocate(weightCount);
    float *biasSums[] = {allocate(test.coarse), allocate(test.coarse)};
    memset(restored, 0, sizeof(float) * weightCount);
    for (int part = 0; part < 2; part++) {
        WinogradShare share = {tiles * part / 2, tiles * (part + 1) / 2, 0, phases * test.fine};
        kernels->weightGradient(
            &gathering, fine, coarse, sums + part * packedCount, biasSums[part], &share, scratch);
    }
    for (long index = 0; index < test.coarse; index++) biasSums[0][index] += biasSums[1][index];
    kernels->restoreGradient(
        sums, 2, packedCount, &layout, 0, phases * test.fine, 0, phases * test.fine, restored);
    expect("weights' gradient", &test, restored, gradient, weightCount, 5 * tolerance);
    expect("bias's gradient", &test, biasSums[0], biasGradient, test.coarse, tolerance);
    release("weights' gradient", restored, weightCount);
    release("sums", sums, 2 * packedCount);
    release("scratch of the weights' gradient", scratch, scratchCount);
    for (int part = 0; part < 2; part++) release("bias's gradient", biasSums[part], test.coarse);

    release("fine map", fine, fineCount);
    release("coarse map", coarse, coarseCount);
    release("weights", weights, weightCount);
    free(bias);
    free(gathered);
    free(spread);
    free(gradient);
    free(biasGradient);
}

static void checkProduct(
    const VectorKernels *kernels, long rows, long columns, long depth, int isTurned, int accumulates) {
    Case test = {.batch = rows, .height = columns, .width = depth};
    float *a = randomValues(rows * depth, 5), *b = randomValues(depth * columns, 6);
    float *c = accumulates ? randomValues(rows * columns, 7) : allocate(rows * columns);
    double *expected = zeros(rows * columns);
    long rowStep = isTurned ? 1 : depth, depthStep = isTurned ? rows : 1;
    for (long row = 0; row < rows; row++)
        for (long column = 0; column < columns; column++) {
            double sum = accumulates ? c[row * columns + column] : 0;
            for (long k = 0; k < depth; k++) sum += (double)a[row * rowStep + k * depthStep] * b[k * columns + column];
            expected[row * columns + column] = sum;
        }
    kernels->product(rows, columns, depth, a, rowStep, depthStep, b, c, accumulates);
    expect("product", &test, c, expected, rows * columns, 2e-6);
    release("product", c, rows * columns);
    free(a);
    free(b);
    free(expected);
}

static void checkAdam(const VectorKernels *kernels, long count) {
    Case test = {.batch = count};
    float *parameters = randomValues(count, 8), *gradient = randomValues(count, 9), *first = randomValues(count, 10);
    float *second = randomValues(count, 11);
    double *expected = zeros(count), *means = zeros(count), *squares = zeros(count);
    AdamStep step = {0.9f, 0.1f, 0.99f, 0.01f, 0.01f, 2.0f, 1e-8f};
    for (long index = 0; index < count; index++) {
        second[index] = fabsf(second[index]);
        double slope = gradient[index];
        means[index] = 0.9 * first[index] + 0.1 * slope;
        squares[index] = 0.99 * second[index] + 0.01 * slope * slope;
        expected[index] = parameters[index] - 0.01 * means[index] / (sqrt(2 * squares[index]) + 1e-8);
    }
    kernels->adam(count, parameters, gradient, first, second, &step);
    expect("Adam's parameters", &test, parameters, expected, count, 2e-6);
    expect("Adam's first moment", &test, first, means, count, 2e-6);
    expect("Adam's second moment", &test, second, squares, count, 2e-6);
    release("Adam's parameters", parameters, count);
    release("Adam's first moment", first, count);
    release("Adam's second moment", second, count);
    free(gradient);
    free(expected);
    free(means);
    free(squares);
}

int main(void) {
    const VectorKernels *kernels = bestVectorKernels();
    Team *team = teamCreate(2, 2);
    if (!team) abort();
    const long sizes[][3] = {{1, 6, 67}, {2, 13, 26}, {1, 7, 9}, {3, 5, 5}, {1, 31, 12}};
    const long channels[][2] = {{17, 5}, {8, 8}, {16, 16}, {3, 2}, {12, 68}, {48, 17}};
    for (long kernel = 3; kernel <= 5; kernel++)
        for (long stride = 1; stride <= 2; stride++)
            for (long points = stride == 1 ? 6 : 8; points <= 8; points += 2)
                for (int size = 0; size < 5; size++)
                    for (int pair = 0; pair < 6; pair++) {
                        // No transforms of stride 1 to a kernel of 4.
                        if (kernel == 4 && stride == 1) continue;
                        check(kernels, team, (Case){kernel, stride, points, (size + pair) % kernel, sizes[size][0],
                            sizes[size][1], sizes[size][2], channels[pair][0], channels[pair][1]});
                    }
    for (long columns = 1; columns <= 70; columns += 3)
        for (int kind = 0; kind < 4; kind++) checkProduct(kernels, 13 + columns % 5, columns, 131, kind % 2, kind / 2);
    for (long count = 1; count < 40; count += 7) checkAdam(kernels, count);
    teamDestroy(team);
    printf("%s: %d of %d checks failed\n", kernels->name, failures, checks);
    return failures > 0;
}
