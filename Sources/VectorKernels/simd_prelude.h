#ifndef SIMD_PRELUDE_H
#define SIMD_PRELUDE_H

#include <string.h>

// What the kernels' sources share. A translation unit says which instruction set it is for, before it
// includes anything else: WIDEST, the floats of the widest vector; REGISTERS, how many such vectors it has
// registers for; ISA(name), the name with the set's suffix. Without that they are those of the compiler's own
// target, so that each file can be checked and edited alone.

#ifndef WIDEST
#if defined(__AVX512F__)
#define WIDEST 16
#define REGISTERS 32
#elif defined(__AVX2__)
#define WIDEST 8
#define REGISTERS 16
#elif defined(__aarch64__)
#define WIDEST 4
#define REGISTERS 32
#else
#define WIDEST 4
#define REGISTERS 16
#endif
#define ISA(name) name##Default
#endif

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define UNROLL _Pragma("clang loop unroll(full)")

// A value that the optimiser cannot see through. Otherwise it would compute all addresses of a tile at once
// and run out of registers.
#define OPAQUE(value) \
    ({ \
        __typeof__(value) hidden = (value); \
        __asm__("" : "+r"(hidden)); \
        hidden; \
    })

#define CACHE_LINE_FLOATS 16

// Calls WORK(width, channel) for vectors of channels, the widest first and then narrower ones for the rest. A
// vector of half the width costs half as much as a wide one or the same, so no lane is wasted on padding.
#if WIDEST >= 16
#define FOR_WIDEST(channel, count, WORK) \
    for (; channel + 16 <= (count); channel += 16) { WORK(16, channel); } \
    for (; channel + 8 <= (count); channel += 8) { WORK(8, channel); }
#elif WIDEST >= 8
#define FOR_WIDEST(channel, count, WORK) \
    for (; channel + 8 <= (count); channel += 8) { WORK(8, channel); }
#else
#define FOR_WIDEST(channel, count, WORK)
#endif
#define FOR_CHANNELS(start, count, WORK) \
    { \
        long channel = (start); \
        FOR_WIDEST(channel, count, WORK) \
        for (; channel + 4 <= (count); channel += 4) { WORK(4, channel); } \
        for (; channel < (count); channel++) { WORK(1, channel); } \
    }

#endif
