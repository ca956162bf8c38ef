internal import FoundationEssentials
internal import Postgres

/// Brings the wake-ups to Redis that whoever committed them could not publish.
package struct OutboxRelay: Sendable {
    private let database: Database
    private let queue: GenerateQueue
    private let batch: Int

    package init(_ database: Database, _ queue: GenerateQueue, batch: Int = 500) {
        self.database = database
        self.queue = queue
        self.batch = batch
    }

    /// Publishes what is due and marks it as published: in this order, so that a crash in between publishes twice rather than
    /// never. Wake-ups for jobs that have ended without an open provider call are still sent; the worker finds nothing to do.
    ///
    /// - Returns: how many were published.
    /// - Throws: `RedisError` when Redis is away; nothing is marked then.
    package func relay() async throws -> Int {
        var published = 0
        while true {
            let due = try await database.asService(
                """
                select id, job_id, priority from outbox where published_at is null and available_at <= now()
                order by available_at limit \(batch)
                """
            )[0].map { row in WakeUp(id: try row["id"], job: try row["job_id"], priority: try row["priority"]) }
            guard !due.isEmpty else { return published }
            try await queue.publish(due)
            try await database.asService(
                "update outbox set published_at = now() where id = any(\(due.map(\.id)))")
            published += due.count
            if due.count < batch { return published }
        }
    }
}
