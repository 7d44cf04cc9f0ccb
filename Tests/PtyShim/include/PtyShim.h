// A terminal for the program under test: Swift has neither forkpty nor a safe way to run code between fork
// and exec.
#ifndef ACUITY_PTY_SHIM_H
#define ACUITY_PTY_SHIM_H

#include <sys/types.h>

/// Starts `path` in a new terminal of `rows` × `columns`, in folder `folder`.
/// - Returns: the terminal's other end, or -1; `*process` is the program.
int acuity_pty_start(
    const char *path, char *const arguments[], char *const environment[], const char *folder, int rows, int columns,
    pid_t *process);

/// Gives the terminal another size, and the program the signal for it.
void acuity_pty_resize(int terminal, int rows, int columns);

#endif
