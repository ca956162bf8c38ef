#pragma once

#include <sys/types.h>

/// A server process to start: what to run, as whom, and what happens to it when its parent dies.
struct linux_server {
    const char *executable;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    /// Where standard output and standard error go; standard input is /dev/null.
    int output;
    /// Whether to become `user` and `group` (only root may) before the program runs.
    int changes_user;
    uid_t user;
    gid_t group;
    /// The signal the kernel sends when the *thread* that called `linux_start_server` ends (prctl(2), PR_SET_PDEATHSIG).
    int death_signal;
};

/// Starts a server in a process group of its own, with default signal handling and no inherited descriptor beyond 0, 1, 2.
/// Returns its process id, or -1 with errno set to what the failing step (fork, setuid, chdir, execve …) reported.
pid_t linux_start_server(const struct linux_server *server);

/// Waits until the child has ended, without reaping it. Returns 0, or -1 with errno set.
int linux_await_end(pid_t child);

/// Reaps an ended child. Returns its exit code, or 128 plus the signal that ended it; -1 with errno set.
int linux_reap(pid_t child);

/// Takes an exclusive lock on an open file (flock(2)) if nobody holds it. Returns 0, or -1 with errno set.
int linux_try_lock(int descriptor);
