import Domain
import FunctionRuntime
import Queue
import Redis

/// Sees to it that no job stays where it is: takes jobs back from dead workers, wakes those whose wake-up was lost with Redis, and
/// moves on those whose picture came, was rejected or never came.
@main struct ReapJobs: Function {
    static let summary = "Takes jobs back from dead workers and wakes forgotten ones"
    static let triggers = [Trigger.timer("every 1s")]
    static let limits = Limits(concurrency: 1, timeout: .seconds(30), memory: 64)
    static let environment = Database.environment + Redis.environment

    /// How long a job may be due without being taken before anybody asks whether its wake-up was lost.
    private static let patience = Duration.seconds(10)

    private let sweeper: JobSweeper
    private let queue: GenerateQueue
    private let notifier: JobNotifier

    init(_ configuration: Configuration) throws {
        let redis = try Redis(configuration)
        sweeper = JobSweeper(try Database(configuration, connections: 1))
        queue = GenerateQueue(redis)
        notifier = JobNotifier(redis)
    }

    func call(_ tick: Tick, _ context: Context) async throws -> Done {
        try await finish(try await sweeper.returnExpiredLeases(), "took jobs back from dead workers", context)
        try await finish(try await sweeper.settleUploads(), "moved jobs on that waited for a picture", context)
        try await sweeper.purgeOutbox()
        // Last, because it needs Redis: what stands above does not.
        let waiting = try await queue.queue.depth().total
        try await finish(
            try await sweeper.wakeForgotten(waiting: waiting, patience: Self.patience), "woke forgotten jobs", context)
        return .done
    }

    private func finish(_ sweep: JobSweeper.Sweep, _ what: String, _ context: Context) async throws {
        let count = max(sweep.moved.count, sweep.wakeUps.count)
        guard count > 0 else { return }
        context.log.info(what, ["count": count])
        await queue.publish(sweep.wakeUps, log: context.log)
        await notifier.notify(sweep.moved, log: context.log)
    }
}
