import GRDB
import Synchronization

/// The one writer. Whatever waits when it gets to work goes into one transaction, so that many acknowledgements share
/// one fsync.
final class Committer: Sendable {
    /// A change that waits: ``run`` makes it, ``finish`` tells its owner how the commit went.
    private struct Job: Sendable {
        let run: @Sendable (Database, CommitEffects) throws -> Void
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isScheduled = false
    }

    /// More than this in one transaction helps no more and makes the first one wait.
    private static let batchLimit = 256

    private let pool: DatabasePool
    private let sequence: SequenceSource
    private let consumers: @Sendable () -> [Int64]
    private let committed: @Sendable (CommitEffects) -> Void
    private let state = Mutex(State())

    /// - Parameter committed: called on the writer's thread after each commit, before anybody is told.
    init(
        pool: DatabasePool, sequence: SequenceSource, consumers: @escaping @Sendable () -> [Int64],
        committed: @escaping @Sendable (CommitEffects) -> Void
    ) {
        self.pool = pool
        self.sequence = sequence
        self.consumers = consumers
        self.committed = committed
    }

    /// Makes a change and returns when it is on disk.
    ///
    /// - Parameter body: may run more than once; only the last run counts.
    /// - Throws: what `body` throws (then nothing of it was done), or the database's error.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let box = ResultBox<Result>()
            enqueue(
                Job(
                    run: { [sequence] database, effects in
                        let transaction = Transaction(
                            database: database, effects: effects, sequence: sequence, now: Clock.milliseconds())
                        box.value = try body(transaction)
                    },
                    finish: { error in
                        if let error {
                            continuation.resume(throwing: error)
                        } else {
                            continuation.resume(returning: box.value!)
                        }
                    }))
        }
    }

    private func enqueue(_ job: Job) {
        let schedule = state.withLock { state in
            state.waiting.append(job)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if schedule { submit() }
    }

    /// Commits one batch when its turn comes. What came meanwhile queues up again behind whoever else wants to write: were
    /// it committed at once, steady writes would keep the others (``Maintenance``) from the database for ever.
    private func submit() {
        pool.asyncWriteWithoutTransaction { [self] database in
            commitBatch(database)
            let more = state.withLock { state in
                state.isScheduled = !state.waiting.isEmpty
                return state.isScheduled
            }
            if more { submit() }
        }
    }

    private func commitBatch(_ database: Database) {
        let batch = state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.batchLimit))
            state.waiting.removeFirst(batch.count)
            return batch
        }
        if commit(batch, database) { return }
        for job in batch where !commit([job], database) { fatalError("a batch of one always settles") }
    }

    /// Runs the jobs in one transaction. False when one of them failed half-way, so that each has to run alone.
    private func commit(_ batch: [Job], _ database: Database) -> Bool {
        let effects = CommitEffects(consumers: consumers())
        var failures: [(Job, any Error)] = []
        var done: [Job] = []
        do {
            try database.beginTransaction(.immediate)
            for job in batch {
                let before = database.totalChangesCount
                let own = CommitEffects(consumers: effects.consumers)
                do {
                    try job.run(database, own)
                    effects.merge(own)
                    done.append(job)
                } catch  where database.totalChangesCount == before && database.isInsideTransaction {
                    failures.append((job, error))
                }
            }
            try database.commit()
        } catch {
            if database.isInsideTransaction { try? database.rollback() }
            guard batch.count == 1 else { return false }
            batch[0].finish(error)
            return true
        }
        committed(effects)
        for job in done { job.finish(nil) }
        for (job, error) in failures { job.finish(error) }
        return true
    }
}

/// Where a job leaves its result between its run and its commit.
///
/// Unchecked: written on the writer's thread and read there.
private final class ResultBox<Value>: @unchecked Sendable {
    var value: Value?
}
