#ifdef __x86_64__

// Before the attribute, which the system's functions must not have.
#include <string.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)

#define WIDEST 16
#define REGISTERS 32
#define ISA(name) name##AVX512

#include "isa.inc"

const VectorKernels vectorKernelsAVX512 = KERNEL_TABLE("avx512");

#pragma clang attribute pop

#endif
