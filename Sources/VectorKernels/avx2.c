#ifdef __x86_64__

// Before the attribute, which the system's functions must not have.
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define WIDEST 8
#define REGISTERS 16
#define ISA(name) name##AVX2

#include "isa.inc"

const VectorKernels vectorKernelsAVX2 = KERNEL_TABLE("avx2");

#pragma clang attribute pop

#endif
