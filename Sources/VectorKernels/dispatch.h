#ifndef DISPATCH_H
#define DISPATCH_H

#include "VectorKernels.h"

// The tables of kernels that dispatch.c chooses among, one for each instruction set.

extern const VectorKernels vectorKernelsBaseline;
#ifdef __x86_64__
extern const VectorKernels vectorKernelsAVX2;
extern const VectorKernels vectorKernelsAVX512;
#endif

#endif
