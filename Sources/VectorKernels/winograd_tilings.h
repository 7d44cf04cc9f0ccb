#ifndef WINOGRAD_TILINGS_H
#define WINOGRAD_TILINGS_H

// Which combinations of tile, kernel and stride there are, and the way from a shape to the code for its own.

/// DO(tileSize, kernelSize, 1, …) for each combination of a tile and a kernel.
#define EACH_TILE_AND_KERNEL(DO, ...) \
    DO(6, 3, 1, __VA_ARGS__) DO(6, 5, 1, __VA_ARGS__) DO(8, 2, 1, __VA_ARGS__) DO(8, 3, 1, __VA_ARGS__) \
    DO(8, 5, 1, __VA_ARGS__)

/// The same, and DO(tileSize, kernelSize, 2, …) for those that a map of stride 2 is read or written with.
#define EACH_TILING(DO, ...) EACH_TILE_AND_KERNEL(DO, __VA_ARGS__) DO(8, 2, 2, __VA_ARGS__) DO(8, 3, 2, __VA_ARGS__)

#define IF_TILING(tileSize, kernelSize, stride, wantedTileSize, wantedKernelSize, wantedStride, WORK) \
    if ((wantedTileSize) == tileSize && (wantedKernelSize) == kernelSize && (wantedStride) == stride) { \
        WORK(tileSize, kernelSize, stride); \
    } else

// A combination that is in neither list must not pass as done, so it traps.

/// WORK(tileSize, kernelSize, 1) with the constants of a tile and a kernel.
#define FOR_TILE_AND_KERNEL(tileSize, kernelSize, WORK) \
    EACH_TILE_AND_KERNEL(IF_TILING, tileSize, kernelSize, 1, WORK) __builtin_trap();

/// WORK(tileSize, kernelSize, stride) with the constants of a tiling.
#define FOR_TILING(tileSize, kernelSize, stride, WORK) \
    EACH_TILING(IF_TILING, tileSize, kernelSize, stride, WORK) __builtin_trap();

#endif
