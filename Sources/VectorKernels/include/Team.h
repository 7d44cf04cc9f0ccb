#ifndef TEAM_H
#define TEAM_H

/// Threads that run one body at the same time, the calling thread among them, and wait for one another within it.
///
/// A wait costs well under a microsecond while the others are about to arrive: a thread looks on for some tens of
/// microseconds before it sleeps. Training a small network waits some hundred times a step.
typedef struct Team Team;

/// - Returns: null where the system gives no more threads.
Team *teamCreate(int threads);

/// Ends the threads; none may be running a body.
void teamDestroy(Team *team);

/// Calls `body(context, thread)` once on every thread and returns when all have.
void teamRun(Team *team, void (*body)(void *context, int thread), void *context);

/// Waits until every thread has come here. For use within a body, by all threads alike.
void teamWait(Team *team);

/// Cores that this process may use, which `taskset` and containers make fewer than the machine has.
int teamUsableCores(void);

#endif
