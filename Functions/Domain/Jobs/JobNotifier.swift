package import FoundationEssentials
package import FunctionRuntime
package import Redis

/// Tells whoever watches a job that there is a new event. Only a hint: the events are in Postgres, and a watcher that heard nothing
/// looks by itself.
package struct JobNotifier: Sendable {
    private let redis: Redis

    package init(_ redis: Redis) {
        self.redis = redis
    }

    package static func channel(of job: UUID) -> String { "job:\(job.text)" }

    /// Says that the job's newest event is number `sequence`.
    package func notify(_ job: UUID, sequence: Int, log: Log) async {
        await notify([job: sequence], log: log)
    }

    /// The same for several jobs, in one round trip.
    package func notify(_ jobs: [UUID: Int], log: Log) async {
        do {
            _ = try await redis.pipeline(
                jobs.map { RedisCommand("PUBLISH", Self.channel(of: $0.key), $0.value) })
        } catch {
            log.debug("nobody was told of new events; watchers will look by themselves", ["error": "\(error)"])
        }
    }

    /// A signal for each hint about a job, beginning with one when listening begins. It ends when Redis is away for good.
    package func hints(for job: UUID) -> AsyncThrowingStream<RedisEvent, any Error> {
        redis.subscribe(to: Self.channel(of: job))
    }
}
