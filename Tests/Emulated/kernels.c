// The kernels of an architecture that is not the machine's own, under emulation, against the sums that define them:
// `make arm64`. On the machine's own architecture the Swift tests check far more of them; this one has no more than C needs,
// so that a C compiler for the other architecture is enough. Exit status 1 and a line for each disagreement.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Support.h"

typedef struct {
    long kernel, stride, points, padding;
    long batch, height, width;
    long fine, coarse;
} Case;

static int failures, checks;

static void *allocate(long count) {
    float *values = malloc(sizeof(float) * (count + 1));
    if (!values) abort();
    for (long index = 0; index <= count; index++) values[index] = NAN;
    return values;
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
static void expect(const char *what, const Case *test, const float *found, const double *sums, long count, double tolerance) {
    double scale = 1;
    for (long index = 0; index < count; index++) scale = fmax(scale, fabs(sums[index]));
    checks++;
    for (long index = 0; index < count; index++) {
        if (fabs(found[index] - sums[index]) <= tolerance * scale) continue;
        printf("%s: %g is not %g at %ld (kernel %ld, stride %ld, points %ld, padding %ld, %ldx%ldx%ld, %ld to %ld)\n", what,
            found[index], sums[index], index, test->kernel, test->stride, test->points, test->padding, test->batch,
            test->height, test->width, test->fine, test->coarse);
        failures++;
        return;
    }
    if (!isnan(found[count])) {
        printf("%s: written behind the last value\n", what);
        failures++;
    }
}

typedef struct {
    const VectorKernels *kernels;
    const WinogradShape *shape;
    const float *source, *weights;
    float *target;
    const VectorFinish *finish;
} Pass;

/// One of two threads' share.
static void convolveShare(void *context, int thread) {
    const Pass *pass = context;
    long tiles = winogradTiles(pass->shape);
    WinogradShare share = {tiles * thread / 2, tiles * (thread + 1) / 2, 0, targetDepth(pass->shape)};
    float *scratch = allocate(winogradScratch(pass->shape));
    pass->kernels->convolve(
        pass->shape, pass->source, pass->weights, pass->target, pass->finish, &share, scratch);
    free(scratch);
}

static void check(const VectorKernels *kernels, Team *team, Case test) {
    long k = test.kernel, s = test.stride, p = test.padding, taps = (k + s - 1) / s, phases = s * s;
    long high = (test.height + 2 * p - k) / s + 1, wide = (test.width + 2 * p - k) / s + 1;
    long fineCount = test.batch * test.height * test.width * test.fine, coarseCount = test.batch * high * wide * test.coarse;
    long weightCount = k * k * test.fine * test.coarse;
    float *fine = randomValues(fineCount, 1), *coarse = randomValues(coarseCount, 2), *weights = randomValues(weightCount, 3);
    float *bias = randomValues(test.fine > test.coarse ? test.fine : test.coarse, 4);

    double *gathered = calloc(coarseCount, sizeof(double)), *spread = calloc(fineCount, sizeof(double));
    double *gradient = calloc(weightCount, sizeof(double)), *biasGradient = calloc(test.coarse, sizeof(double));
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
    for (long place = 0; place < coarseCount; place++) gathered[place] = fmax(0, gathered[place] + bias[place % test.coarse]);
    for (long place = 0; place < fineCount; place++) {
        spread[place] += bias[place % test.fine] + fine[place];
        if (fine[place] <= 0) spread[place] = 0;
    }

    long skipped = p / s, crop = s > 1 ? p - skipped * s : 0;
    WinogradShape gathering = {
        test.batch, test.height, test.width, test.fine, high, wide, test.coarse, s, 1, high, wide, taps, test.points, p, 0, 12, 1,
        0};
    WinogradShape spreading = {
        test.batch, high, wide, test.coarse, test.height, test.width, test.fine, 1, s,
        s > 1 ? (test.height - 1 + crop) / s + 1 : test.height, s > 1 ? (test.width - 1 + crop) / s + 1 : test.width, taps,
        test.points, taps - 1 - skipped, crop, 12, 1, 0};
    WinogradWeights layout = {k, s, test.points, test.fine, test.coarse};
    // What rounding may come to, as in the Swift tests.
    double tolerance = test.points == 6 ? 2e-5 : 1e-4;

    float *packed = allocate(winogradWeights(test.points, phases * test.fine, test.coarse));
    kernels->transformWeights(weights, &layout, 0, phases * test.fine, packed);
    float *result = allocate(coarseCount);
    VectorFinish finish = {bias, 0, 1, 0};
    Pass pass = {kernels, &gathering, fine, packed, result, &finish};
    teamRun(team, convolveShare, &pass);
    expect("gather", &test, result, gathered, coarseCount, tolerance);

    float *turned = allocate(winogradWeights(test.points, test.coarse, phases * test.fine));
    float *room = allocate(16 * taps * taps * phases * test.fine);
    kernels->transformTurnedWeights(weights, &layout, 0, test.coarse, turned, room);
    float *back = allocate(fineCount);
    VectorFinish masked = {bias, fine, 0, fine};
    Pass passBack = {kernels, &spreading, coarse, turned, back, &masked};
    teamRun(team, convolveShare, &passBack);
    expect("spread", &test, back, spread, fineCount, tolerance);

    long sumCount = winogradWeights(test.points, phases * test.fine, test.coarse);
    float *sums = allocate(sumCount), *biasSums = allocate(test.coarse), *scratch = allocate(winogradScratch(&gathering));
    float *restored = allocate(weightCount);
    memset(restored, 0, sizeof(float) * weightCount);
    WinogradShare all = {0, winogradTiles(&gathering), 0, phases * test.fine};
    kernels->weightGradient(&gathering, fine, coarse, sums, biasSums, &all, scratch);
    kernels->restoreGradient(sums, 1, 0, &layout, 0, phases * test.fine, 0, phases * test.fine, restored);
    expect("weights' gradient", &test, restored, gradient, weightCount, 5 * tolerance);
    expect("bias's gradient", &test, biasSums, biasGradient, test.coarse, tolerance);

    void *used[] = {fine, coarse, weights, bias, gathered, spread, gradient, biasGradient, packed, result, turned, room, back,
        sums, biasSums, scratch, restored};
    for (unsigned index = 0; index < sizeof used / sizeof *used; index++) free(used[index]);
}

static void checkProduct(const VectorKernels *kernels, long rows, long columns, long depth, int isTurned) {
    Case test = {0, 0, 0, 0, rows, columns, depth, isTurned, 0};
    float *a = randomValues(rows * depth, 5), *b = randomValues(depth * columns, 6), *c = randomValues(rows * columns, 7);
    double *expected = calloc(rows * columns, sizeof(double));
    long rowStep = isTurned ? 1 : depth, depthStep = isTurned ? rows : 1;
    for (long row = 0; row < rows; row++)
        for (long column = 0; column < columns; column++) {
            double sum = c[row * columns + column];
            for (long k = 0; k < depth; k++) sum += (double)a[row * rowStep + k * depthStep] * b[k * columns + column];
            expected[row * columns + column] = sum;
        }
    kernels->product(rows, columns, depth, a, rowStep, depthStep, b, c, 1);
    expect("product", &test, c, expected, rows * columns, 2e-6);
    free(a);
    free(b);
    free(c);
    free(expected);
}

static void checkAdam(const VectorKernels *kernels, long count) {
    Case test = {0};
    float *parameters = randomValues(count, 8), *gradient = randomValues(count, 9), *first = randomValues(count, 10);
    float *second = randomValues(count, 11);
    double *expected = calloc(count, sizeof(double));
    AdamStep step = {0.9f, 0.1f, 0.99f, 0.01f, 0.01f, 2.0f, 1e-8f};
    for (long index = 0; index < count; index++) {
        second[index] = fabsf(second[index]);
        double slope = gradient[index], mean = 0.9 * first[index] + 0.1 * slope;
        double square = 0.99 * second[index] + 0.01 * slope * slope;
        expected[index] = parameters[index] - 0.01 * mean / (sqrt(2 * square) + 1e-8);
    }
    kernels->adam(count, parameters, gradient, first, second, &step);
    expect("Adam", &test, parameters, expected, count, 2e-6);
    free(parameters);
    free(gradient);
    free(first);
    free(second);
    free(expected);
}

int main(void) {
    const VectorKernels *kernels = bestVectorKernels();
    Team *team = teamCreate(2);
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
        for (int isTurned = 0; isTurned < 2; isTurned++) checkProduct(kernels, 13 + columns % 5, columns, 131, isTurned);
    for (long count = 1; count < 40; count += 7) checkAdam(kernels, count);
    teamDestroy(team);
    printf("%s: %d of %d checks failed\n", kernels->name, failures, checks);
    return failures > 0;
}
