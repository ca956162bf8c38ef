import GRDB

/// The events of one consumer, oldest first; waits for the next one when there is none.
package struct EventSequence: AsyncSequence, Sendable {
    package typealias Element = StoreEvent

    let consumer: Int64
    let pool: DatabasePool
    let signals: EventSignals

    package func makeAsyncIterator() -> Iterator {
        Iterator(consumer: consumer, pool: pool, signal: signals.stream(for: consumer).makeAsyncIterator())
    }

    package struct Iterator: AsyncIteratorProtocol {
        let consumer: Int64
        let pool: DatabasePool
        var signal: AsyncStream<Void>.Iterator
        private var batch: [StoreEvent] = []
        private var index = 0
        private var last: Int64 = 0

        init(consumer: Int64, pool: DatabasePool, signal: AsyncStream<Void>.Iterator) {
            self.consumer = consumer
            self.pool = pool
            self.signal = signal
        }

        /// The next event; nil when the consumer was unsubscribed, or its task was cancelled.
        package mutating func next() async throws -> StoreEvent? {
            while index == batch.count {
                batch = try await load()
                index = 0
                if batch.isEmpty, await signal.next(isolation: #isolation) == nil { return nil }
            }
            defer { index += 1 }
            last = batch[index].sequence
            return batch[index]
        }

        private func load() async throws -> [StoreEvent] {
            let (consumer, last) = (consumer, last)
            return try await pool.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT sequence, fields FROM event WHERE consumer = ? AND sequence > ?
                        ORDER BY sequence LIMIT 200
                        """,
                    arguments: [consumer, last]
                ).map { StoreEvent(sequence: $0[0], fields: try FieldList($0, 1)) }
            }
        }
    }
}
