#define _GNU_SOURCE

#include "MachineShim.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

int acuity_stack(void **start, size_t *size) {
    pthread_attr_t attributes;
    int error = pthread_getattr_np(pthread_self(), &attributes);
    if (error != 0) return error;
    error = pthread_attr_getstack(&attributes, start, size);
    pthread_attr_destroy(&attributes);
    return error;
}

int acuity_allowed_cores(void) {
    cpu_set_t cores;
    int count =
        sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? count : 1;
}
