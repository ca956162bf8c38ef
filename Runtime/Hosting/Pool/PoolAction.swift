/// What `PoolState` wants done; `ProcessPool` does it.
enum PoolAction: Equatable {
    /// Start a process of this generation (of the function's build).
    case start(InstanceNumber, generation: Int)
    /// Hand the call to the process.
    case assign(CallNumber, InstanceNumber)
    /// Tell the caller that no process takes the call.
    case fail(CallNumber, InvocationFailure.Unavailability)
    /// Tell the caller that the process died with the call.
    case crash(CallNumber, InstanceNumber, started: Bool)
    /// Ask an empty process to finish.
    case drain(InstanceNumber)
    /// End a process that does not do what it is told.
    case kill(InstanceNumber)
    /// Report the timer back after this long.
    case schedule(PoolTimer, after: Duration)
    /// The new generation serves; the old one is being drained.
    case replaced(generation: Int)
    /// The new generation did not start; nothing changed.
    case replacementFailed(generation: Int, message: String)
    /// After `shutdown`: the last process is gone.
    case stopped
}

/// The timers of a pool.
enum PoolTimer: Equatable, Hashable {
    case idle(InstanceNumber, epoch: Int)
    case waiting(CallNumber)
    case backoff(epoch: Int)
}

typealias CallNumber = Int
typealias InstanceNumber = Int
