import Domain
import FunctionRuntime
import HTTPClient
import Redis

/// Takes a job on: 202 once it is committed, whether or not Redis is there to wake a worker.
@main struct CreateJob: Function {
    static let summary = "Creates a job"
    static let triggers = [Trigger.http(.post, "/api/v1/jobs")]
    static let idempotencyKey = RequestParameter.header(
        "Idempotency-Key", "makes a repeated request the same one: it is answered with the job of the first")
    static let parameters: [any RequestParameterProtocol] = [idempotencyKey]
    static let limits = Limits(concurrency: 32, timeout: .seconds(10), memory: 64, body: 64 << 10)
    static let environment =
        Database.environment + Redis.environment + StorageSettings.environment + JobWorkflows.environment
        + [Identity.developmentUser]

    private let identity: Identity
    private let jobs: JobStore
    private let queue: GenerateQueue
    private let pictures: Pictures
    private let workflows: JobWorkflows

    init(_ configuration: Configuration) throws {
        let database = try Database(configuration, connections: 8)
        identity = try Identity(configuration, database)
        jobs = JobStore(database)
        let redis = try Redis(configuration)
        queue = GenerateQueue(redis)
        pictures = try Pictures(configuration, HTTPClient())
        workflows = try JobWorkflows(configuration, database, redis)
    }

    func call(_ request: Request<CreateJobRequest>, _ context: Context) async throws -> Response<JobView> {
        let user = try await identity.user(of: request.headers)
        let upload = try request.body.announcedUpload(user: user)
        let asked = try request.body.job(idempotencyKey: try request.value(of: Self.idempotencyKey))
        let new = try await workflows.fit(asked, log: context.log)
        switch try await jobs.create(new, announcing: upload, user: user) {
        case .created(let job, let wakeUp):
            if let wakeUp { await queue.publish([wakeUp], log: context.log) }
            return try accepted(job, upload)
        case .replayed(let job):
            // The picture of the first request is the one that is still awaited.
            return try accepted(
                job, upload.flatMap { job.status == .awaitingUpload ? $0.replacing(job.inputImageID) : nil })
        }
    }

    private func accepted(_ job: Job, _ upload: NewUpload?) throws -> Response<JobView> {
        let view = JobView(job, upload: try upload.map(pictures.uploadRequest))
        return .accepted(view, location: "/api/v1/jobs/\(job.id.text)")
    }
}
