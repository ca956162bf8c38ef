#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

int linux_set_parent_death_signal(int signal) {
#ifdef __linux__
    return prctl(PR_SET_PDEATHSIG, signal);
#else
    (void)signal;
    return 0;
#endif
}

// Runs in the child between vfork and execve: only async-signal-safe calls, and nothing that the parent would miss.
static int become(const char *path, char *const arguments[], char *const environment[], const int descriptors[3],
                  int deathSignal, int niceness, pid_t parent) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) sigaction(number, &standard, NULL);
    }
    if (setpgid(0, 0) != 0) return errno;
    // -1 is an answer like any other here: what the kernel refuses, below zero without privilege, is left as it is.
    if (niceness != 0) (void)!nice(niceness);
#ifdef __linux__
    if (prctl(PR_SET_PDEATHSIG, deathSignal) != 0) return errno;
    // The parent may have died before the line above: then nobody would tell this process.
    if (getppid() != parent) return ESRCH;
#else
    (void)deathSignal;
    (void)parent;
#endif
    for (int target = 0; target < 3; target++) {
        if (dup2(descriptors[target], target) < 0) return errno;
    }
#ifdef SYS_close_range
    // A kernel without it (before 5.9) relies on every descriptor here being close-on-exec.
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
#endif
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(path, arguments, environment);
    return errno;
}

pid_t linux_spawn(
    const char *path, char *const arguments[], char *const environment[], int standardInput, int standardOutput,
    int standardError, int deathSignal, int niceness) {
    int descriptors[3] = {standardInput, standardOutput, standardError};
    // dup2 onto 0, 1 and 2 in turn must not overwrite a source that is still needed.
    for (int index = 0; index < 3; index++) {
        if (descriptors[index] <= 2) { errno = EBADF; return -1; }
    }
    // No handler of this process may run in the child while it shares our memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    volatile int failure = 0;
    pid_t parent = getpid();
    pid_t child = vfork();
    if (child == 0) {
        failure = become(path, arguments, environment, descriptors, deathSignal, niceness, parent);
        _exit(127);
    }
    int forkFailure = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (child < 0) {
        errno = forkFailure;
        return -1;
    }
    if (failure != 0) {
        // It has exited already: vfork returned because of that. Reap it here, nobody else knows of it.
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        errno = failure;
        return -1;
    }
    return child;
}

int linux_pipe(int descriptors[2], int capacity) {
#ifdef __linux__
    if (pipe2(descriptors, O_CLOEXEC) != 0) return -1;
    if (capacity > 0) (void)!fcntl(descriptors[1], F_SETPIPE_SZ, capacity);
    return 0;
#else
    (void)capacity;
    if (pipe(descriptors) != 0) return -1;
    fcntl(descriptors[0], F_SETFD, FD_CLOEXEC);
    fcntl(descriptors[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}
