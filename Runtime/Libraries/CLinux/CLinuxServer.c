#define _GNU_SOURCE
#include "CLinuxServer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/close_range.h>
#include <sys/prctl.h>
#endif

// Between fork and execve only async-signal-safe calls are allowed: other threads may have held any lock.
static void become(const struct linux_server *server, pid_t parent, int failure) {
    sigset_t none;
    sigemptyset(&none);
    for (int signal_number = 1; signal_number < 32; signal_number++) signal(signal_number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);

    int null_device = open("/dev/null", O_RDONLY);
    if (null_device < 0 || dup2(null_device, 0) < 0) goto failed;
    if (dup2(server->output, 1) < 0 || dup2(server->output, 2) < 0) goto failed;
    if (setpgid(0, 0) != 0) goto failed;
    if (server->changes_user) {
        if (setgroups(1, &server->group) != 0) goto failed;
        if (setgid(server->group) != 0) goto failed;
        if (setuid(server->user) != 0) goto failed;
    }
#ifdef __linux__
    // After setuid, which clears it. The parent may have died before the call: then nobody would tell us.
    if (server->death_signal && prctl(PR_SET_PDEATHSIG, server->death_signal) != 0) goto failed;
    if (getppid() != parent) _exit(127);
#endif
    if (chdir(server->directory) != 0) goto failed;
#ifdef __linux__
    // Where the kernel lacks close_range (before 5.9), descriptors are inherited unless they were opened close-on-exec.
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0 && errno != ENOSYS && errno != EINVAL) goto failed;
#endif
    execve(server->executable, server->arguments, server->environment);

failed:;
    int reason = errno;
    (void)!write(failure, &reason, sizeof reason);
    _exit(127);
}

pid_t linux_start_server(const struct linux_server *server) {
    int failure[2];
    if (pipe(failure) != 0) return -1;
    fcntl(failure[0], F_SETFD, FD_CLOEXEC);
    fcntl(failure[1], F_SETFD, FD_CLOEXEC);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) become(server, parent, failure[1]);
    int reason = errno;
    close(failure[1]);
    if (child > 0) {
        ssize_t count;
        do count = read(failure[0], &reason, sizeof reason); while (count < 0 && errno == EINTR);
        if (count == sizeof reason) {
            waitpid(child, NULL, 0);
            child = -1;
        }
    }
    close(failure[0]);
    if (child < 0) errno = reason;
    return child;
}

int linux_await_end(pid_t child) {
    siginfo_t information;
    int result;
    do result = waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT); while (result != 0 && errno == EINTR);
    return result;
}

int linux_reap(pid_t child) {
    int status;
    pid_t result;
    do result = waitpid(child, &status, 0); while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int linux_try_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }
