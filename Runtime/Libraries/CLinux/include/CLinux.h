#pragma once

#include <signal.h>
#include <sys/types.h>

/// Asks the kernel to send `signal` to this process when its parent dies (prctl(2), PR_SET_PDEATHSIG; no-op elsewhere).
/// Returns 0, or -1 with errno set.
int linux_set_parent_death_signal(int signal);
