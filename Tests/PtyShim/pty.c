#define _GNU_SOURCE
#include "PtyShim.h"

#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

int acuity_pty_start(
    const char *path, char *const arguments[], char *const environment[], const char *folder, int rows, int columns,
    pid_t *process) {
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    int terminal;
    *process = forkpty(&terminal, NULL, NULL, &size);
    if (*process == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (chdir(folder) == 0) execve(path, arguments, environment);
        _exit(127);
    }
    return *process < 0 ? -1 : terminal;
}

void acuity_pty_resize(int terminal, int rows, int columns) {
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    ioctl(terminal, TIOCSWINSZ, &size);
}
