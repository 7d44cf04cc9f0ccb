// What every machine of the architecture has: SSE2 on x86-64, NEON on arm64.

#define WIDEST 4
#ifdef __aarch64__
#define REGISTERS 32
#else
#define REGISTERS 16
#endif
#define NAMED(name) name##Baseline

#include "Kernels.h"

const VectorKernels vectorKernelsBaseline = KERNELS_NAMED("baseline");
