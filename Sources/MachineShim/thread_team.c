#define _GNU_SOURCE

#include "thread_team.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ThreadTeam {
    _Atomic int threads;
    int spinLimit;
    _Atomic int arrived;
    /// How often all threads have arrived at a barrier.
    _Atomic unsigned generation;
    _Atomic int sleepers;
    _Atomic int stopping;
    void (*body)(void *context, int thread);
    void *context;
    pthread_t *helpers;
};

typedef struct {
    ThreadTeam *team;
    int thread;
} ThreadStart;

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void threadTeamWait(ThreadTeam *team) {
    if (team->threads == 1) return;
    unsigned generation = atomic_load(&team->generation);
    if (atomic_fetch_add(&team->arrived, 1) + 1 == team->threads) {
        atomic_store(&team->arrived, 0);
        atomic_fetch_add(&team->generation, 1);
        if (atomic_load(&team->sleepers) > 0)
            syscall(SYS_futex, &team->generation, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
        return;
    }
    for (int spin = 0; spin < team->spinLimit; spin++) {
        if (atomic_load(&team->generation) != generation) return;
        relax();
    }
    // A sleeper is counted before the system compares the generation once more, so the last thread to arrive
    // cannot miss it.
    atomic_fetch_add(&team->sleepers, 1);
    while (atomic_load(&team->generation) == generation)
        syscall(SYS_futex, &team->generation, FUTEX_WAIT_PRIVATE, generation, NULL, NULL, 0);
    atomic_fetch_sub(&team->sleepers, 1);
}

static void *helperLoop(void *argument) {
    ThreadStart *start = argument;
    ThreadTeam *team = start->team;
    int thread = start->thread;
    free(start);
    while (1) {
        threadTeamWait(team);
        if (atomic_load(&team->stopping)) return NULL;
        team->body(team->context, thread);
        threadTeamWait(team);
    }
}

void threadTeamRun(ThreadTeam *team, void (*body)(void *context, int thread), void *context) {
    team->body = body;
    team->context = context;
    threadTeamWait(team);
    body(context, 0);
    threadTeamWait(team);
}

/// Ends the helpers that have been started, all of which wait for a body.
static void joinHelpers(ThreadTeam *team, int helpers) {
    atomic_store(&team->stopping, 1);
    team->threads = helpers + 1;
    threadTeamWait(team);
    for (int helper = 0; helper < helpers; helper++) pthread_join(team->helpers[helper], NULL);
    free(team->helpers);
    free(team);
}

ThreadTeam *threadTeamCreate(int threads, int cores) {
    ThreadTeam *team = calloc(1, sizeof(ThreadTeam));
    if (!team) return NULL;
    team->threads = threads;
    cpu_set_t processors;
    int available = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : threads;
    if (available > cores) available = cores;
    team->spinLimit = available < threads ? 0 : 2000;
    team->helpers = calloc(threads, sizeof(pthread_t));
    // Signals go to the threads that the program has set up for them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int started = 0;
    for (; team->helpers && started < threads - 1; started++) {
        ThreadStart *start = malloc(sizeof(ThreadStart));
        if (!start) break;
        *start = (ThreadStart){team, started + 1};
        if (pthread_create(&team->helpers[started], NULL, helperLoop, start) != 0) {
            free(start);
            break;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started == threads - 1) return team;
    // The helpers wait for as many threads as were asked for; `joinHelpers` lowers that to the number that
    // started.
    joinHelpers(team, started);
    return NULL;
}

void threadTeamDestroy(ThreadTeam *team) { joinHelpers(team, team->threads - 1); }
