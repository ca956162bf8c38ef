import GRDB
import Synchronization

/// The events of a store: written in the transaction of the change they tell of, kept for each consumer until that
/// consumer acknowledges them.
///
///     for try await event in try await store.events.subscribe("functions") {
///         try await deliver(event)
///         try await store.events.acknowledge(event)
///     }
///
/// Events come in the order of their changes. One that was not acknowledged before a restart comes again after it.
package final class EventLog: Sendable {
    private struct Flush: Sendable {
        let number: Int
        let upTo: Int64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Flushes: Sendable {
        var last = 0
        var waiting: [Flush] = []
        var canceled: Set<Int> = []
    }

    let pool: DatabasePool
    private let committer: Committer
    private let signals: EventSignals
    private let flushes = Mutex(Flushes())

    init(pool: DatabasePool, committer: Committer, signals: EventSignals) {
        self.pool = pool
        self.committer = committer
        self.signals = signals
    }

    /// Everything that happens from now on, and what this consumer left unacknowledged, oldest first.
    ///
    /// - Parameter consumer: a name that stays the same across restarts. From its first use on, events are kept for it
    ///   also while nobody reads them; ``unsubscribe(_:)`` ends that. A consumer has one reader at a time: a second
    ///   subscription under the same name ends the first one.
    package func subscribe(_ consumer: String) async throws -> EventSequence {
        let id = try await committer.write { transaction in
            try transaction.execute("INSERT OR IGNORE INTO consumer (name) VALUES (?)", [consumer])
            let id = try Int64.fetchOne(
                transaction.database, sql: "SELECT id FROM consumer WHERE name = ?", arguments: [consumer])!
            transaction.effects.subscribe(id)
            return id
        }
        return EventSequence(consumer: id, pool: pool, signals: signals)
    }

    /// Forgets a consumer and what it has not acknowledged.
    package func unsubscribe(_ consumer: String) async throws {
        try await committer.write { transaction in
            let id = try Int64.fetchOne(
                transaction.database, sql: "DELETE FROM consumer WHERE name = ? RETURNING id", arguments: [consumer])
            guard let id else { return }
            try transaction.execute("DELETE FROM event WHERE consumer = ?", [id])
            transaction.effects.unsubscribe(id)
        }
        try await settle()
    }

    /// Says that an event was dealt with: it does not come again.
    package func acknowledge(_ event: StoreEvent) async throws {
        let sequence = event.sequence
        try await committer.write { try $0.execute("DELETE FROM event WHERE sequence = ?", [sequence]) }
        try await settle()
    }

    /// How many events wait for an acknowledgement.
    package func pendingCount() async throws -> Int {
        try await pool.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM event") ?? 0 }
    }

    /// Returns when every event of an earlier write has been acknowledged by every consumer.
    /// - Throws: `CancellationError` when the task was canceled before.
    package func flush() async throws {
        guard let last = try await pool.read({ try Int64.fetchOne($0, sql: "SELECT MAX(sequence) FROM event") }) else {
            return
        }
        let number = flushes.withLock { flushes in
            flushes.last += 1
            return flushes.last
        }
        let isFlushed = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCanceled = flushes.withLock { flushes in
                    if flushes.canceled.remove(number) != nil { return true }
                    flushes.waiting.append(Flush(number: number, upTo: last, continuation: continuation))
                    return false
                }
                if isCanceled { return continuation.resume(returning: false) }
                // The last acknowledgement may have come before this waiter was there to hear of it.
                pool.asyncRead { [self] result in
                    guard let database = try? result.get() else { return settle(oldest: nil) }
                    settle(oldest: try? Int64.fetchOne(database, sql: "SELECT MIN(sequence) FROM event"))
                }
            }
        } onCancel: {
            let waiter = flushes.withLock { flushes -> Flush? in
                guard let index = flushes.waiting.firstIndex(where: { $0.number == number }) else {
                    flushes.canceled.insert(number)
                    return nil
                }
                return flushes.waiting.remove(at: index)
            }
            waiter?.continuation.resume(returning: false)
        }
        // A cancellation that came when it was over already leaves its mark.
        flushes.withLock { _ = $0.canceled.remove(number) }
        if !isFlushed { throw CancellationError() }
    }

    /// Wakes the flushes that have nothing left to wait for.
    func settle() async throws {
        if flushes.withLock({ $0.waiting.isEmpty }) { return }
        settle(oldest: try await pool.read { try Int64.fetchOne($0, sql: "SELECT MIN(sequence) FROM event") })
    }

    private func settle(oldest: Int64?) {
        let done = flushes.withLock { flushes in
            let isDone = { (flush: Flush) in flush.upTo < oldest ?? .max }
            let done = flushes.waiting.filter(isDone)
            flushes.waiting.removeAll(where: isDone)
            return done
        }
        for flush in done { flush.continuation.resume(returning: true) }
    }
}
