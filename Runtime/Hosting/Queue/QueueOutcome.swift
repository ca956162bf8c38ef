import FunctionRuntime

/// What becomes of a message after a run.
enum QueueOutcome: Sendable, Hashable {
    /// It is done.
    case acknowledge
    /// It comes again, one attempt older; with what the other side asked to wait.
    case retry(hint: Duration?, reason: String)
    /// It never began: it comes again and nothing is counted.
    case postpone(reason: String)
    /// It may have crashed its process, or another that was there with it: it runs alone next, and nothing is counted.
    case isolate(reason: String)
    /// Its host stops: somebody else takes it at once, and nothing is counted.
    case release
    /// It goes to the dead letters.
    case kill(reason: String)

    /// - Parameters:
    ///   - failure: nil when the function answered.
    ///   - attempt: which attempt this was, from 1.
    ///   - attempts: how many there are in all.
    ///   - isAlone: whether nothing else ran beside it.
    ///   - isStopping: whether the trigger had taken the run back.
    init(_ failure: InvocationFailure?, attempt: Int, of attempts: Int, isAlone: Bool, isStopping: Bool) {
        switch failure {
        case nil: self = .acknowledge
        case .canceled(.drain), .canceled(.clientGone), .unavailable(.stopping): self = .release
        case _? where isStopping: self = .release
        case .function(let failure):
            switch failure.retry {
            case .never: self = .kill(reason: "\(failure)")
            case .backoff: self = .counted("\(failure)", attempt, attempts)
            case .after(let hint): self = .counted("\(failure)", attempt, attempts, hint: hint)
            }
        case .crashed(let report, started: false): self = .postpone(reason: report.reason)
        case .crashed(let report, started: true):
            self =
                report.started.count > 1 && !isAlone
                ? .isolate(reason: report.reason) : .counted(report.reason, attempt, attempts)
        case .deadline, .canceled(.deadline): self = .counted("the deadline passed", attempt, attempts)
        case .canceled(.user): self = .kill(reason: "it was canceled")
        case .unavailable(.queueFull): self = .postpone(reason: "the function is busy")
        case .unavailable(.waitedTooLong): self = .postpone(reason: "no process became free in time")
        case .unavailable(.cannotStart(let reason)): self = .postpone(reason: "the function does not start: \(reason)")
        }
    }

    private static func counted(
        _ reason: String, _ attempt: Int, _ attempts: Int, hint: Duration? = nil
    ) -> QueueOutcome {
        attempt < attempts
            ? .retry(hint: hint, reason: reason)
            : .kill(reason: attempts == 1 ? reason : "attempt \(attempt) of \(attempts) failed: \(reason)")
    }
}
