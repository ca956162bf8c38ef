package import FunctionRuntime

/// Why an invocation has no answer.
package enum InvocationFailure: Error, Sendable {
    /// The function answered `error`: its code says whether a retry can help.
    case function(Failure)
    /// The process ended, or broke the protocol, while the call was with it. `started` is false when the function cannot have
    /// begun the call, so that a queue does not count the attempt.
    case crashed(CrashReport, started: Bool)
    /// The deadline passed; the process that ignored it was killed.
    case deadline
    /// The call was given up before the function answered.
    case canceled(CancelReason)
    /// The call never reached a process.
    case unavailable(Unavailability)

    /// Why no process took a call.
    package enum Unavailability: Sendable, Hashable {
        /// Every instance is busy and the waiting queue is full.
        case queueFull
        /// It waited for as long as it may.
        case waitedTooLong
        /// The function does not start; the message is its own where it gave one.
        case cannotStart(String)
        /// The host is stopping.
        case stopping
    }
}
