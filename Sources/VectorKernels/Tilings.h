// Which tilings there are, and the way from a shape to the code for its tiling; included by Kernels.h.
//
// A tiling's numbers are constants in the functions that work on its tiles, so nothing is left of phases where there
// are none. These functions are not inlined, for within one large function the compiler runs out of registers even
// where little is going on (measured: a third of the time at 16 channels).

/// DO(points, taps, 1, …) for each pair of a tile's and a kernel's side.
#define EACH_PAIR(DO, ...) \
    DO(6, 3, 1, __VA_ARGS__) DO(6, 5, 1, __VA_ARGS__) DO(8, 2, 1, __VA_ARGS__) DO(8, 3, 1, __VA_ARGS__) \
    DO(8, 5, 1, __VA_ARGS__)

/// The same, and DO(points, taps, 2, …) for those that a map of stride 2 is read or written with.
#define EACH_TILING(DO, ...) EACH_PAIR(DO, __VA_ARGS__) DO(8, 2, 2, __VA_ARGS__) DO(8, 3, 2, __VA_ARGS__)

#define IF_TILING(points, taps, stride, wantedPoints, wantedTaps, wantedStride, WORK) \
    if ((wantedPoints) == points && (wantedTaps) == taps && (wantedStride) == stride) { \
        WORK(points, taps, stride); \
    } else

// What is in neither list must not pass as done.

/// WORK(points, taps, 1) with the constants of a pair of sides.
#define FOR_PAIR(points, taps, WORK) EACH_PAIR(IF_TILING, points, taps, 1, WORK) __builtin_trap();

/// WORK(points, taps, stride) with the constants of a tiling.
#define FOR_TILING(points, taps, stride, WORK) EACH_TILING(IF_TILING, points, taps, stride, WORK) __builtin_trap();

#define SPREAD_PARAMETERS \
    const WinogradShape *shape, const float *source, long first, long last, Place place, long count, float *planes, \
        long planeStride, const float *zeros
#define SPREAD_ARGUMENTS source, first, last, place, count, planes, planeStride, zeros

#define GATHER_PARAMETERS \
    const WinogradShape *shape, const float *planes, long planeStride, long first, long last, Place place, long count, \
        const VectorFinish *finish, float *target
#define GATHER_ARGUMENTS planes, planeStride, first, last, place, count, finish, target

#define SCATTER_PARAMETERS \
    const WinogradShape *shape, const float *gradient, Place place, long count, float *planes, long planeStride
#define SCATTER_ARGUMENTS gradient, place, count, planes, planeStride

#define DEFINE(points, taps, stride, ...) \
    static NOINLINE void NAMED(spread##points##taps##stride)(SPREAD_PARAMETERS) { \
        spreadTiling(shape, points, points + 1 - taps, stride, SPREAD_ARGUMENTS); \
    } \
    static NOINLINE void NAMED(gather##points##taps##stride)(GATHER_PARAMETERS) { \
        gatherTiling(shape, points, points + 1 - taps, stride, GATHER_ARGUMENTS); \
    }
EACH_TILING(DEFINE, )
#undef DEFINE

#define DEFINE(points, taps, ...) \
    static NOINLINE void NAMED(scatter##points##taps)(SCATTER_PARAMETERS) { \
        scatterTiling(shape, points, points + 1 - taps, SCATTER_ARGUMENTS); \
    }
EACH_PAIR(DEFINE, )
#undef DEFINE

INLINE void spreadTiles(SPREAD_PARAMETERS) {
#define WORK(points, taps, stride) NAMED(spread##points##taps##stride)(shape, SPREAD_ARGUMENTS)
    FOR_TILING(shape->points, shape->taps, shape->sourceStride, WORK)
#undef WORK
}

INLINE void gatherTiles(GATHER_PARAMETERS) {
#define WORK(points, taps, stride) NAMED(gather##points##taps##stride)(shape, GATHER_ARGUMENTS)
    FOR_TILING(shape->points, shape->taps, shape->targetStride, WORK)
#undef WORK
}

INLINE void scatterTiles(SCATTER_PARAMETERS) {
#define WORK(points, taps, stride) NAMED(scatter##points##taps)(shape, SCATTER_ARGUMENTS)
    FOR_PAIR(shape->points, shape->taps, WORK)
#undef WORK
}
