#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// Pieces of memory that the process has asked the C library for so far, on all threads.
///
/// A program that links this has the C library's allocation functions counted; -1 where a sanitizer has them
/// already.
long allocationCount(void);

#endif
