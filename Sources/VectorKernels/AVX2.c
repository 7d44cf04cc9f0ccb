#ifdef __x86_64__

#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define WIDEST 8
#define REGISTERS 16
#define NAMED(name) name##AVX2

#include "Kernels.h"

const VectorKernels vectorKernelsAVX2 = KERNELS_NAMED("avx2");

#pragma clang attribute pop

#endif
