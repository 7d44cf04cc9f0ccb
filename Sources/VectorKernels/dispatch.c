#include "dispatch.h"

#include <string.h>

#include "winograd_layout.h"

long winogradTileCount(const WinogradShape *shape) {
    long outputTile = outputTileSize(shape);
    return shape->batch * ceilingDivision(shape->gridHeight, outputTile)
        * ceilingDivision(shape->gridWidth, outputTile);
}

long winogradWorkspaceSize(const WinogradShape *shape) {
    long planes = shape->tileSize * shape->tileSize;
    long depth = inputDepth(shape), padded = paddedChannels(outputDepth(shape));
    long zeros = shape->inputChannels, bias = shape->outputStride * shape->outputChannels;
    return planes * (planeStride(shape->blockTiles, depth) + planeStride(shape->blockTiles, padded)) + zeros + bias;
}

long winogradFilterSize(long tileSize, long rows, long columns) {
    return tileSize * tileSize * filterPlaneStride(rows, columns);
}

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
