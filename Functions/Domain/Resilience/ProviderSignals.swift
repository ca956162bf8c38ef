package import FoundationEssentials
package import FunctionRuntime
package import Redis
internal import Synchronization

/// News that end a wait early in every process that waits for them: a place at a provider has become free, a call has ended. Only
/// hints: whoever waits has a time after which it looks by itself, so losing one, or Redis, costs that time and nothing else.
///
/// One subscription for the whole process, made when somebody waits for the first time.
package final class ProviderSignals: Sendable {
    /// The channel that all workers listen to.
    static let channel = "providers"

    private struct State {
        var listeners: [String: [ObjectIdentifier: SignalListener]] = [:]
        var subscription: Task<Void, Never>?
    }

    private let redis: Redis
    private let log: Log
    private let state = Mutex(State())

    package init(_ redis: Redis, log: Log) {
        self.redis = redis
        self.log = log
    }

    deinit {
        state.withLock { $0.subscription?.cancel() }
    }

    /// Runs `body` with something that hears every signal of that name from now on.
    package func listening<Result>(
        for name: String, _ body: (SignalListener) async throws -> Result
    ) async rethrows -> Result {
        let listener = SignalListener()
        let id = ObjectIdentifier(listener)
        state.withLock { state in
            state.listeners[name, default: [:]][id] = listener
            if state.subscription == nil { state.subscription = subscribe() }
        }
        defer {
            state.withLock { state in
                state.listeners[name]?[id] = nil
                if state.listeners[name]?.isEmpty == true { state.listeners[name] = nil }
            }
        }
        return try await body(listener)
    }

    /// Tells every process.
    func send(_ name: String) async throws {
        try await redis.send("PUBLISH", Self.channel, name)
    }

    /// Has whoever works on a job look at its call.
    ///
    /// - Throws: `RedisError`.
    package func tellEnd(of job: UUID) async throws {
        try await send(Self.endSignal(of: job))
    }

    /// What is said when a call for a job has ended.
    static func endSignal(of job: UUID) -> String { "ended \(job.text)" }

    /// Tells whoever waits in this process.
    func signal(_ name: String) {
        for listener in state.withLock({ Array(($0.listeners[name] ?? [:]).values) }) { listener.signal() }
    }

    /// Unstructured because it belongs to no single wait: it ends with this object.
    private func subscribe() -> Task<Void, Never> {
        let events = redis.subscribe(to: Self.channel)
        return Task { [weak self, log] in
            do {
                for try await event in events {
                    switch event {
                    // Whatever was said before is gone: everybody looks once.
                    case .subscribed: self?.signalAll()
                    case .message(_, let payload): self?.signal(String(decoding: payload, as: UTF8.self))
                    }
                }
            } catch {
                log.warning("Redis gives no hints; providers are looked at on schedule", ["error": "\(error)"])
            }
        }
    }

    private func signalAll() {
        for listener in state.withLock({ $0.listeners.values.flatMap(\.values) }) { listener.signal() }
    }
}
