#pragma once

#include <signal.h>
#include <sys/types.h>

#include "CLinuxServer.h"

/// Asks the kernel to send `signal` to this process when its parent dies (prctl(2), PR_SET_PDEATHSIG; no-op elsewhere).
/// Returns 0, or -1 with errno set.
int linux_set_parent_death_signal(int signal);

/// Starts `path` with the three descriptors as its standard input, output and error, in a process group of its own, with
/// default signal handlers, an empty signal mask and no other descriptor of this process. `niceness` is added to this
/// process' own (nice(2)): above zero it yields the processor to others. On Linux the kernel sends it
/// `deathSignal` when the *thread* that made this call ends (prctl(2)): call from a thread that outlives the process.
/// Returns the process identifier, or -1 with errno set, also when the executable could not be run.
pid_t linux_spawn(
    const char *path, char *const arguments[], char *const environment[], int standardInput, int standardOutput,
    int standardError, int deathSignal, int niceness);

/// A pipe whose two ends are close-on-exec from the beginning, because another process may be started at the same moment
/// (pipe2(2)). `capacity` is how many bytes it should hold: a hint, because the kernel limits what a user's pipes hold in all
/// (pipe(7)); 0 for its default of 64 KiB. Returns 0, or -1 with errno set.
int linux_pipe(int descriptors[2], int capacity);
