#ifndef MACHINE_SHIM_H
#define MACHINE_SHIM_H

#include <stddef.h>

#include "thread_team.h"

/// The calling thread's stack: its lowest address and its size in bytes.
/// - Returns: 0, or what is wrong.
int acuity_stack(void **start, size_t *size);

/// Cores that the system lets this process run on, which `taskset` makes fewer than the machine has.
int acuity_allowed_cores(void);

#endif
