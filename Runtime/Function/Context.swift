public import FoundationEssentials

/// What a function knows about the invocation it answers, beside the event itself.
public struct Context: Sendable {
    /// The id of the invocation; log lines carry it.
    public let id: String
    /// Which attempt this is, from 1.
    public let attempt: Int
    /// When the caller gives up, by the clock of this machine.
    public let deadline: Date
    /// The `traceparent` to hand on to other services (W3C Trace Context).
    public let trace: String
    /// Writes lines that belong to this invocation.
    public let log: Log
    /// The settings of the process.
    public let configuration: Configuration
    private let clock: @Sendable () -> Date
    private let report: @Sendable (Double?, String?) -> Void

    package init(
        id: String, attempt: Int, deadline: Date, trace: String, log: Log, configuration: Configuration,
        clock: @escaping @Sendable () -> Date = { Date() },
        report: @escaping @Sendable (Double?, String?) -> Void = { _, _ in }
    ) {
        self.id = id
        self.attempt = attempt
        self.deadline = deadline
        self.trace = trace
        self.log = log
        self.configuration = configuration
        self.clock = clock
        self.report = report
    }

    /// The time now; a test can set it.
    public var now: Date { clock() }

    /// How long until the deadline; never negative.
    public var remaining: Duration { max(.zero, .seconds(deadline.timeIntervalSince(now))) }

    /// Tells the caller how far the work is. A queue message's lease is renewed with it.
    ///
    /// - Parameters:
    ///   - value: from 0 to 1, or nil when that is not known.
    ///   - message: what is being done, for people.
    public func progress(_ value: Double?, _ message: String? = nil) {
        report(value.map { min(max($0, 0), 1) }, message)
    }
}
