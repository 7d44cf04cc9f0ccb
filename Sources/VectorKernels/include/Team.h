#ifndef TEAM_H
#define TEAM_H

/// Threads that run one body at the same time, the calling thread among them, and wait for one another within it.
///
/// A wait costs well under a microsecond while the others are about to arrive: a thread looks on for some tens of
/// microseconds before it sleeps. Training a small network waits some hundred times a step.
typedef struct Team Team;

/// - Parameter cores: how many threads can run at once; the processors that this process may use are looked at besides. A
///   thread does not look on where there are more threads than that, for it would keep the one it waits for from running.
/// - Returns: null where the system gives no more threads.
Team *teamCreate(int threads, int cores);

/// Ends the threads; none may be running a body.
void teamDestroy(Team *team);

/// Calls `body(context, thread)` once on every thread and returns when all have.
void teamRun(Team *team, void (*body)(void *context, int thread), void *context);

/// Waits until every thread has come here. For use within a body, by all threads alike.
void teamWait(Team *team);

#endif
