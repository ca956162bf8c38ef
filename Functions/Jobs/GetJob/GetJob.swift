import Domain
import FoundationEssentials
import FunctionRuntime
import HTTPClient

/// Shows a job, with signed addresses of what it has made.
@main struct GetJob: Function {
    static let summary = "Shows a job with its results"
    static let triggers = [Trigger.http(.get, "/api/v1/jobs/{id}")]
    static let id = RequestParameter.path("id", as: UUID.self, "the job's id")
    static let parameters: [any RequestParameterProtocol] = [id]
    static let limits = Limits(concurrency: 32, timeout: .seconds(10), memory: 64)
    static let environment = Database.environment + StorageSettings.environment + [Identity.developmentUser]

    private let identity: Identity
    private let jobs: JobStore
    private let pictures: Pictures

    init(_ configuration: Configuration) throws {
        let database = try Database(configuration)
        identity = try Identity(configuration, database)
        jobs = JobStore(database)
        pictures = try Pictures(configuration, HTTPClient())
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<JobView> {
        let user = try await identity.user(of: request.headers)
        let id = try request.parameter(Self.id)
        return .ok(try JobView(try await jobs.find(id, user: user), pictures))
    }
}
