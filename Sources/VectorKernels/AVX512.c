#ifdef __x86_64__

#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)

#define WIDEST 16
#define REGISTERS 32
#define NAMED(name) name##AVX512

#include "Kernels.h"

const VectorKernels vectorKernelsAVX512 = KERNELS_NAMED("avx512");

#pragma clang attribute pop

#endif
