internal import FoundationEssentials
package import FunctionRuntime
package import Redis
internal import Synchronization

/// Stands before every call to a provider: the limits of its rate and of calls at once, its circuit breaker, the waits it asked for
/// and an operator's pause, shared by all workers through Redis in one round trip. While Redis is away each worker keeps to its share
/// of the limits by itself: nothing stops and nothing is lost.
///
///     switch try await gate.admit("replicate", log: log) {
///     case .admitted(let permit): return try await gate.hold(permit, log: log) { … the call, to its end … }
///     case .wait(let wait): …           // back into the queue, uncounted, or on to the next provider
///     case .open(let until): …
///     }
package final class ProviderGate: Sendable {
    /// The keys a function declares that calls providers.
    package static let environment: [any ConfigurationKeyProtocol] = [ProviderLimitTable.key]

    let redis: Redis
    let rules: BreakerRules
    package let signals: ProviderSignals
    private let table: ProviderLimitTable
    private let lanes = Mutex<[String: GateLane]>([:])
    /// Redis is not asked before, because it did not answer.
    private let awayUntil = Mutex<Int64>(0)
    private let worker = UUID().text
    let now: @Sendable () -> Int64

    /// How long a permit holds without renewal: a dead worker's places are free again after it.
    static let life = Duration.seconds(15)
    /// The longest wait for a place in the windows that a call waits here rather than in the queue.
    static let patience = Duration.seconds(1)
    /// How long a call waits here for another to end, before it goes back into the queue.
    static let longestTurn = Duration.seconds(10)
    /// How long a pause is taken for; then it is looked at again.
    static let pauseLook = Duration.seconds(5)
    /// How long Redis may take to answer before this process goes by itself, and for how long it then does.
    private static let answerTime = Duration.seconds(1)

    /// - Parameter now: the time of this process in microseconds, for what it decides by itself.
    package init(
        _ redis: Redis, limits: ProviderLimitTable = ProviderLimitTable(), rules: BreakerRules = BreakerRules(),
        log: Log = Log { _ in }, now: @escaping @Sendable () -> Int64 = ProviderGate.systemTime
    ) {
        self.redis = redis
        self.rules = rules
        self.now = now
        table = limits
        signals = ProviderSignals(redis, log: log)
    }

    /// - Throws: `ConfigurationProblem`.
    package convenience init(_ configuration: Configuration, _ redis: Redis) throws {
        self.init(redis, limits: try configuration[ProviderLimitTable.key], log: configuration.log)
    }

    /// Microseconds since 1970.
    package static func systemTime() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1_000_000)
    }

    /// Whether the provider is not to be called now, as far as this process knows: its breaker is open or it is paused.
    package func isOpen(_ provider: String) -> Bool {
        lane(provider).isOpen(at: now())
    }

    /// Whether a call may ask for a place, as far as this process knows.
    package func takesCalls(_ provider: String) -> Bool {
        lane(provider).takesCalls(at: now())
    }

    /// What a call would be told that need not even ask, because this process knows: nil when it may be worth asking. Each refusal
    /// is a place in the order of coming back, so it is for those who will.
    package func refusal(at provider: String) -> Admission? {
        lane(provider).refusal(at: now()).map(admission)
    }

    /// Asks for a place for one call. One that is free soon is waited for; the caller's turn is in the order of coming.
    ///
    /// - Throws: `CancellationError`, and nothing else: while Redis is away, this process decides by itself.
    package func admit(_ provider: String, log: Log) async throws -> Admission {
        let lane = lane(provider)
        if let refusal = refusal(at: provider) { return refusal }
        lane.state.withLock { $0.waiting += 1 }
        defer { lane.state.withLock { $0.waiting -= 1 } }
        let end = ContinuousClock.now + Self.longestTurn
        return try await lane.turn.take {
            try await signals.listening(for: Self.freeSignal(provider)) { freed in
                try await place(at: lane, freed, until: end, log: log)
            }
        }
    }

    private func place(
        at lane: GateLane, _ freed: SignalListener, until end: ContinuousClock.Instant, log: Log
    ) async throws -> Admission {
        let permit = Permit(provider: lane.provider)
        while true {
            switch await ask(permit, lane, log: log) {
            case .go(let wait):
                do { try await Task.sleep(for: wait) } catch {
                    await finish(permit, .untold, log: log)
                    throw error
                }
                return .admitted(permit)
            case .wait(let wait): return admission(lane.block(for: wait, isOpen: false, at: now()))
            case .open(let wait): return admission(lane.block(for: wait, isOpen: true, at: now()))
            case .full(let wait):
                guard ContinuousClock.now < end else { return .wait(lane.ticket(at: now())) }
                // A free place is announced; what is not heard, because Redis was away, costs this little.
                try await freed.wait(upTo: min(max(wait, .milliseconds(5)), .milliseconds(500)))
            }
        }
    }

    /// Asks Redis, or itself while Redis is away. Seen through though the caller is cancelled: a place that was given must be known.
    private func ask(_ permit: Permit, _ lane: GateLane, log: Log) async -> GateAnswer {
        let limits = lane.limits
        let reply = await inRedis(log: log) { [self] in
            try GateAnswer.read(
                try await redis.script(
                    GateScripts.admit, keys: lane.keys.all,
                    arguments: [
                        "", permit.id, worker, limits.perSecond, limits.perMinute, limits.concurrency,
                        Self.life.microseconds, Self.patience.microseconds, rules.probeWait.microseconds,
                        Self.pauseLook.microseconds,
                    ], timeout: Self.answerTime))
        }
        let now = now()
        return lane.state.withLock { state in
            guard let reply else {
                return state.local.admit(permit.id, at: now, patience: Self.patience, life: Self.life)
            }
            state.local.workers = reply.workers
            if case .go(let wait) = reply.answer { state.local.begin(permit.id, at: now + wait.microseconds) }
            return reply.answer
        }
    }

    /// Does something in Redis; nil, without trying again for a while, when Redis is away.
    @discardableResult
    func inRedis<Value: Sendable>(log: Log, _ step: @escaping @Sendable () async throws -> Value) async -> Value? {
        guard now() >= awayUntil.withLock({ $0 }) else { return nil }
        do {
            return try await Shield.run(step)
        } catch {
            log.warning("Redis does not answer; this worker keeps to its share of the limits", ["error": "\(error)"])
            let until = now() + Self.answerTime.microseconds
            awayUntil.withLock { $0 = until }
            return nil
        }
    }

    func lane(_ provider: String) -> GateLane {
        lanes.withLock { lanes in
            if let lane = lanes[provider] { return lane }
            let lane = GateLane(provider, table[provider], rules)
            lanes[provider] = lane
            return lane
        }
    }

    /// What is said when a place at a provider has become free.
    static func freeSignal(_ provider: String) -> String { "free \(provider)" }

    private func admission(_ refusal: GateAnswer) -> Admission {
        switch refusal {
        case .open(let wait): .open(until: Date() + TimeInterval(wait.microseconds) / 1_000_000)
        case .wait(let wait), .full(let wait), .go(let wait): .wait(wait)
        }
    }
}
