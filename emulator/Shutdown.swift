import Glibc
import ServiceLifecycle
import UnixSignals

/// What Ctrl-C does: the first one stops everything in order, the second one at once.
enum Shutdown {
    /// Waits for signals, until the task is canceled.
    static func watch(_ group: ServiceGroup, journal: Journal) async {
        var isStopping = false
        for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
            // The servers' processes end with this one: the kernel tells them (PR_SET_PDEATHSIG).
            if isStopping { exit(128 + SIGINT) }
            isStopping = true
            journal.info("\(signal): stopping; once more stops at once")
            await group.triggerGracefulShutdown()
        }
    }
}
