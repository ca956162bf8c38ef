internal import Synchronization

/// What this process knows of one provider's gate, and the queue before it.
final class GateLane: Sendable {
    struct State {
        var local: LocalGate
        var schedule = ReturnSchedule()
        /// Calls that wait here for their turn.
        var waiting = 0
        /// Whether the provider is open or paused, as far as the last answer said.
        var isOpen = false
    }

    /// How many may wait here: enough to take each place the moment it is free; the others wait in the queue, where they keep nobody.
    static let room = 16

    let provider: String
    let limits: ProviderLimits
    let keys: GateKeys
    /// Questions are asked one at a time, in the order of coming.
    let turn = Turn()
    let state: Mutex<State>

    init(_ provider: String, _ limits: ProviderLimits, _ rules: BreakerRules) {
        self.provider = provider
        self.limits = limits
        keys = GateKeys(provider)
        state = Mutex(State(local: LocalGate(limits, rules)))
    }

    /// Whether nobody is to call the provider now, as far as the last answer said.
    func isOpen(at now: Int64) -> Bool {
        state.withLock { $0.isOpen && now < $0.schedule.blockedUntil }
    }

    /// What one more call is told without asking anybody; nil when it has to ask.
    func refusal(at now: Int64) -> GateAnswer? {
        state.withLock { state in
            takesCalls(state, at: now) ? nil : refusal(&state, at: now)
        }
    }

    /// Whether one more call may ask.
    func takesCalls(at now: Int64) -> Bool {
        state.withLock { takesCalls($0, at: now) }
    }

    private func takesCalls(_ state: State, at now: Int64) -> Bool {
        now >= state.schedule.blockedUntil && state.waiting < Self.room
    }

    /// Remembers that nobody is admitted for a while; what the caller is told.
    func block(for wait: Duration, isOpen: Bool, at now: Int64) -> GateAnswer {
        state.withLock { state in
            state.isOpen = isOpen
            state.schedule.block(until: now + wait.microseconds)
            return refusal(&state, at: now)
        }
    }

    /// When one more is to come back.
    func ticket(at now: Int64) -> Duration {
        state.withLock { ticket(&$0, at: now) }
    }

    private func refusal(_ state: inout State, at now: Int64) -> GateAnswer {
        let isOpen = state.isOpen && now < state.schedule.blockedUntil
        let wait = ticket(&state, at: now)
        return isOpen ? .open(wait) : .wait(wait)
    }

    private func ticket(_ state: inout State, at now: Int64) -> Duration {
        state.schedule.ticket(limits, workers: state.local.workers, at: now)
    }
}
