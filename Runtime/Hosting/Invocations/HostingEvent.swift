package import FunctionRuntime

/// What an `InvocationObserver` sees.
package enum HostingEvent: Sendable {
    /// The invocation was handed to a process.
    case started(function: String, invocation: Invocation, instance: String)
    /// It is over. `failure` is nil when it was answered.
    case finished(InvocationSummary)
    /// A line the function logged; `invocation` is nil outside of one.
    case log(function: String, instance: String, invocation: String?, LogRecord)
    /// A line it wrote to standard error.
    case standardError(function: String, instance: String, line: String)
    case progress(function: String, invocation: String, InvocationProgress)
    /// A process said `ready`.
    case processReady(function: String, instance: String, processIdentifier: Int32, build: String, startup: Duration)
    /// A process could not be started, or gave up before `ready`.
    case processFailed(function: String, instance: String, message: String)
    /// A process ended by itself or was killed.
    case processCrashed(CrashReport)
    /// A process ended as it was asked to.
    case processStopped(function: String, instance: String)
    /// A new build took over.
    case replaced(function: String, build: String)
    /// A new build did not start; the old one serves on.
    case replacementFailed(function: String, message: String)
}

/// One finished invocation in numbers.
package struct InvocationSummary: Sendable {
    package var function: String
    package var id: String
    /// `http`, `queue`, `object` or `timer`.
    package var trigger: String
    package var instance: String?
    package var build: String?
    /// The HTTP status the function answered with.
    package var status: Int?
    package var failure: InvocationFailure?
    package var timing: InvocationTiming
}

/// Where the time of an invocation went.
package struct InvocationTiming: Sendable, Hashable {
    /// From the call until a process took it; holds the process start where one had to be started for it.
    package var queueWait: Duration = .zero
    /// How much of the wait was a process start.
    package var processStart: Duration = .zero
    /// From the invoke frame until the answer's head.
    package var handler: Duration = .zero
    /// From the call until the last byte of the answer came from the function.
    package var total: Duration = .zero
}
