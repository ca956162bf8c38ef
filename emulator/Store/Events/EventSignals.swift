import GRDB
import Synchronization

/// Who listens, and how a listener learns that there is something new.
final class EventSignals: Sendable {
    private struct State {
        var consumers: [Int64]
        var waiting: [Int64: AsyncStream<Void>.Continuation] = [:]
    }

    private let state: Mutex<State>

    init(consumers: [Int64]) { state = Mutex(State(consumers: consumers)) }

    static func load(_ database: Database) throws -> [Int64] {
        try Int64.fetchAll(database, sql: "SELECT id FROM consumer")
    }

    var consumers: [Int64] { state.withLock { $0.consumers } }

    /// Takes over what a commit changed, on the writer's thread: the next transaction knows of it.
    func update(_ effects: CommitEffects) {
        for consumer in effects.subscribed { add(consumer) }
        for consumer in effects.unsubscribed { remove(consumer) }
        notify(effects.emitted)
    }

    private func add(_ consumer: Int64) {
        state.withLock { if !$0.consumers.contains(consumer) { $0.consumers.append(consumer) } }
    }

    private func remove(_ consumer: Int64) {
        let waiting = state.withLock { state in
            state.consumers.removeAll { $0 == consumer }
            return state.waiting.removeValue(forKey: consumer)
        }
        waiting?.finish()
    }

    /// A stream with an element whenever there may be something new; several changes may share one.
    func stream(for consumer: Int64) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let old = state.withLock { $0.waiting.updateValue(continuation, forKey: consumer) }
        old?.finish()
        return stream
    }

    private func notify(_ consumers: Set<Int64>) {
        if consumers.isEmpty { return }
        let waiting = state.withLock { state in consumers.compactMap { state.waiting[$0] } }
        for continuation in waiting { continuation.yield() }
    }
}
