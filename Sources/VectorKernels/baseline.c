// What every machine of the architecture has: SSE2 on x86-64, NEON on arm64.

#define WIDEST 4
#ifdef __aarch64__
#define REGISTERS 32
#else
#define REGISTERS 16
#endif
#define ISA(name) name##Baseline

#include "isa.inc"

const VectorKernels vectorKernelsBaseline = KERNEL_TABLE("baseline");
