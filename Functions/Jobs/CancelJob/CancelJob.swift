import Domain
import FoundationEssentials
import FunctionRuntime
import Redis

/// Cancels a job. That is final at once; the provider is told by the worker that the wake-up reaches.
@main struct CancelJob: Function {
    static let summary = "Cancels a job that has not ended"
    static let triggers = [Trigger.http(.post, "/api/v1/jobs/{id}/cancel")]
    static let id = RequestParameter.path("id", as: UUID.self, "the job's id")
    static let parameters: [any RequestParameterProtocol] = [id]
    static let limits = Limits(concurrency: 16, timeout: .seconds(10), memory: 64)
    static let environment = Database.environment + Redis.environment + [Identity.developmentUser]

    private let identity: Identity
    private let jobs: JobStore
    private let queue: GenerateQueue
    private let notifier: JobNotifier

    init(_ configuration: Configuration) throws {
        let database = try Database(configuration)
        let redis = try Redis(configuration)
        identity = try Identity(configuration, database)
        jobs = JobStore(database)
        queue = GenerateQueue(redis)
        notifier = JobNotifier(redis)
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<JobView> {
        let user = try await identity.user(of: request.headers)
        let (job, wakeUp) = try await jobs.cancel(try request.parameter(Self.id), user: user)
        if let wakeUp { await queue.publish([wakeUp], log: context.log) }
        await notifier.notify(job.id, sequence: job.eventSequence, log: context.log)
        return .ok(JobView(job))
    }
}
