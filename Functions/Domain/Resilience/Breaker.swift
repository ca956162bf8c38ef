/// The circuit breaker of one provider as a value: what this process goes by while Redis is away, and what the script in Redis does
/// for all workers (`GateScripts` holds the same rules in Lua; a test runs both side by side). Times are microseconds.
///
///     closed ──(failures ≥ 5 and ≥ half of the window)──> open ──(pause over)──> half-open: one probe
///        ^                                                 ^                         │        │
///        └───────────────────(the probe went well)─────────┼─────────────────────────┘        │
///                                                          └──────(it failed: pause doubled)──┘
struct Breaker: Sendable {
    enum Verdict: Sendable, Hashable {
        case go
        /// The one call that decides whether the breaker closes.
        case probe
        case wait(until: Int64)
    }

    private struct Part: Sendable {
        var well = 0
        var unwell = 0
    }

    let rules: BreakerRules
    private var parts: [Int64: Part] = [:]
    private var openUntil: Int64?
    private var openings = 0
    private var probe: (id: String, until: Int64)?
    /// The provider asked everybody to wait until then.
    private(set) var heldUntil: Int64 = 0

    init(_ rules: BreakerRules) {
        self.rules = rules
    }

    var isClosed: Bool { openUntil == nil }

    /// What a call that comes now is told; changes nothing.
    func verdict(at now: Int64) -> Verdict {
        guard let openUntil else { return .go }
        if now < openUntil { return .wait(until: openUntil) }
        if let probe, now < probe.until {
            return .wait(until: min(probe.until, now + rules.probeWait.microseconds))
        }
        return .probe
    }

    /// Makes a call the probe; another may take its place after `until`, when its worker must be dead.
    mutating func begin(probe id: String, until: Int64) {
        probe = (id, until)
    }

    /// Takes a call's outcome into account.
    mutating func record(_ outcome: CallOutcome, of id: String, at now: Int64) {
        if case .limited(let wait) = outcome {
            let wait = min(wait ?? rules.unsaidWait, rules.longestWait).microseconds
            heldUntil = max(heldUntil, now + wait)
        }
        guard openUntil == nil else { return recordProbe(outcome, of: id, at: now) }
        guard outcome == .well || outcome == .unwell else { return }
        let length = rules.window.microseconds / BreakerRules.parts
        let current = now / length
        parts = parts.filter { $0.key > current - BreakerRules.parts }
        parts[current, default: Part()].well += outcome == .well ? 1 : 0
        parts[current, default: Part()].unwell += outcome == .unwell ? 1 : 0
        let unwell = parts.values.reduce(0) { $0 + $1.unwell }
        let all = unwell + parts.values.reduce(0) { $0 + $1.well }
        if outcome == .unwell, unwell >= rules.failures, Double(unwell) >= rules.share * Double(all) { open(at: now) }
    }

    /// Only the probe's outcome counts while the breaker is not closed: others were begun before it opened.
    private mutating func recordProbe(_ outcome: CallOutcome, of id: String, at now: Int64) {
        guard probe?.id == id else { return }
        probe = nil
        switch outcome {
        case .well, .limited: self = Breaker(closedAgain: self)
        case .unwell: open(at: now)
        case .untold: break
        }
    }

    private init(closedAgain other: Breaker) {
        self.init(other.rules)
        heldUntil = other.heldUntil
    }

    private mutating func open(at now: Int64) {
        openings += 1
        openUntil = now + rules.pause(openings: openings).microseconds
        parts = [:]
    }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
