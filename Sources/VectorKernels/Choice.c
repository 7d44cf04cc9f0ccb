#include <string.h>

#include "Support.h"

long winogradTiles(const WinogradShape *shape) {
    long out = shape->points + 1 - shape->taps;
    return shape->batch * ceilingDivision(shape->gridHeight, out) * ceilingDivision(shape->gridWidth, out);
}

long winogradScratch(const WinogradShape *shape) {
    long planes = shape->points * shape->points;
    long in = sourceDepth(shape), padded = paddedChannels(targetDepth(shape));
    long zeros = shape->sourceChannels, bias = shape->targetStride * shape->targetChannels;
    return planes * (planeStride(shape->block, in) + planeStride(shape->block, padded)) + zeros + bias;
}

long winogradWeights(long points, long rows, long columns) { return points * points * weightStride(rows, columns); }

#ifdef __x86_64__
static int hasAVX2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

static int hasAVX512(void) {
    return hasAVX2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}
#endif

const VectorKernels *vectorKernels(const char *name) {
    if (strcmp(name, "baseline") == 0) return &vectorKernelsBaseline;
#ifdef __x86_64__
    if (strcmp(name, "avx2") == 0 && hasAVX2()) return &vectorKernelsAVX2;
    if (strcmp(name, "avx512") == 0 && hasAVX512()) return &vectorKernelsAVX512;
#endif
    return 0;
}

const VectorKernels *bestVectorKernels(void) {
    static const char *const names[] = {"avx512", "avx2"};
    for (int index = 0; index < 2; index++) {
        const VectorKernels *kernels = vectorKernels(names[index]);
        if (kernels) return kernels;
    }
    return &vectorKernelsBaseline;
}
