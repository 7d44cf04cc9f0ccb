#ifndef THREAD_TEAM_H
#define THREAD_TEAM_H

/// Threads that run one body at the same time, the calling thread among them, with barriers within the body.
///
/// A barrier costs well under a microsecond if the other threads are about to arrive: a thread spins for some
/// tens of microseconds before it sleeps on a futex. Training a small network passes some hundred barriers a
/// step.
typedef struct ThreadTeam ThreadTeam;

/// - Parameter cores: how many threads can run at once; the process's CPU affinity may lower it. With more
///   threads than cores nobody spins, because a spinning thread would keep the one it waits for from running.
/// - Returns: null if the system gives no more threads.
ThreadTeam *threadTeamCreate(int threads, int cores);

/// Ends the threads; none may be running a body.
void threadTeamDestroy(ThreadTeam *team);

/// Calls `body(context, thread)` once on every thread and returns when all calls have returned.
void threadTeamRun(ThreadTeam *team, void (*body)(void *context, int thread), void *context);

/// A barrier: waits until every thread has reached it. All threads must call it alike, within a body.
void threadTeamWait(ThreadTeam *team);

#endif
