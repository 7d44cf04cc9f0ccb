#define _GNU_SOURCE

#include "Team.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct Team {
    _Atomic int threads;
    int patience;
    _Atomic int arrived;
    /// How often all have arrived.
    _Atomic unsigned generation;
    _Atomic int sleepers;
    _Atomic int stopping;
    void (*body)(void *context, int thread);
    void *context;
    pthread_t *helpers;
};

typedef struct {
    Team *team;
    int thread;
} Seat;

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void teamWait(Team *team) {
    if (team->threads == 1) return;
    unsigned generation = atomic_load(&team->generation);
    if (atomic_fetch_add(&team->arrived, 1) + 1 == team->threads) {
        atomic_store(&team->arrived, 0);
        atomic_fetch_add(&team->generation, 1);
        if (atomic_load(&team->sleepers) > 0)
            syscall(SYS_futex, &team->generation, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
        return;
    }
    for (int look = 0; look < team->patience; look++) {
        if (atomic_load(&team->generation) != generation) return;
        relax();
    }
    // Counted before the kernel compares the generation once more, so the last to arrive cannot miss a sleeper.
    atomic_fetch_add(&team->sleepers, 1);
    while (atomic_load(&team->generation) == generation)
        syscall(SYS_futex, &team->generation, FUTEX_WAIT_PRIVATE, generation, NULL, NULL, 0);
    atomic_fetch_sub(&team->sleepers, 1);
}

static void *serve(void *argument) {
    Seat *seat = argument;
    Team *team = seat->team;
    int thread = seat->thread;
    free(seat);
    while (1) {
        teamWait(team);
        if (atomic_load(&team->stopping)) return NULL;
        team->body(team->context, thread);
        teamWait(team);
    }
}

void teamRun(Team *team, void (*body)(void *context, int thread), void *context) {
    team->body = body;
    team->context = context;
    teamWait(team);
    body(context, 0);
    teamWait(team);
}

/// Ends those helpers that have been started, all of which wait for a body.
static void dismiss(Team *team, int helpers) {
    atomic_store(&team->stopping, 1);
    team->threads = helpers + 1;
    teamWait(team);
    for (int helper = 0; helper < helpers; helper++) pthread_join(team->helpers[helper], NULL);
    free(team->helpers);
    free(team);
}

Team *teamCreate(int threads, int cores) {
    Team *team = calloc(1, sizeof(Team));
    if (!team) return NULL;
    team->threads = threads;
    cpu_set_t processors;
    int available = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : threads;
    if (available > cores) available = cores;
    team->patience = available < threads ? 0 : 2000;
    team->helpers = calloc(threads, sizeof(pthread_t));
    // Signals are for the threads that the program has set up for them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int started = 0;
    for (; team->helpers && started < threads - 1; started++) {
        Seat *seat = malloc(sizeof(Seat));
        if (!seat) break;
        *seat = (Seat){team, started + 1};
        if (pthread_create(&team->helpers[started], NULL, serve, seat) != 0) {
            free(seat);
            break;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started == threads - 1) return team;
    // The helpers wait for all seats to be taken; with the number that came they can be told to go.
    dismiss(team, started);
    return NULL;
}

void teamDestroy(Team *team) { dismiss(team, team->threads - 1); }
