/// The gate of one process by itself, as a value: what it goes by while Redis is away, so that nothing stops. It knows only its own
/// calls and keeps to its share of the limits. Times are microseconds.
struct LocalGate: Sendable {
    let limits: ProviderLimits
    /// Workers that share the limits, as Redis last knew.
    var workers = 1
    private(set) var breaker: Breaker
    private var windows = CallWindows()
    private var calls: Set<String> = []

    init(_ limits: ProviderLimits, _ rules: BreakerRules) {
        self.limits = limits
        breaker = Breaker(rules)
    }

    /// Calls of this process that are under way.
    var callCount: Int { calls.count }

    /// What a call is told that comes now; takes its place when it may go.
    ///
    /// - Parameters:
    ///   - patience: the longest wait for a place in the windows.
    ///   - life: how long a probe holds back the others at most.
    mutating func admit(_ id: String, at now: Int64, patience: Duration, life: Duration) -> GateAnswer {
        let verdict = breaker.verdict(at: now)
        if case .wait(let until) = verdict { return .open(.microseconds(until - now)) }
        if now < breaker.heldUntil { return .wait(.microseconds(breaker.heldUntil - now)) }
        let share = limits.share(of: workers)
        guard calls.count < share.concurrency else { return .full(life) }
        let start = windows.next(share, at: now)
        let wait = Duration.microseconds(start - now)
        guard wait <= patience else { return .wait(wait) }
        if verdict == .probe { breaker.begin(probe: id, until: start + life.microseconds) }
        begin(id, at: start)
        return .go(after: wait)
    }

    /// Notes a call of this process, whoever admitted it.
    mutating func begin(_ id: String, at start: Int64) {
        windows.begin(limits, at: start)
        calls.insert(id)
    }

    /// Notes a call that runs at the provider already.
    mutating func resume(_ id: String) {
        calls.insert(id)
    }

    /// Notes the end of a call.
    mutating func finish(_ id: String, _ outcome: CallOutcome, at now: Int64) {
        calls.remove(id)
        breaker.record(outcome, of: id, at: now)
    }
}
