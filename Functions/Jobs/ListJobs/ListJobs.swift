import Domain
import FunctionRuntime
import HTTPClient

/// Lists the user's jobs, newest first: `?status=&q=&cursor=&limit=`.
@main struct ListJobs: Function {
    static let summary = "Lists jobs, newest first; filtered by status, searched by prompt"
    static let triggers = [Trigger.http(.get, "/api/v1/jobs")]
    static let limits = Limits(concurrency: 16, timeout: .seconds(10), memory: 64)
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

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<JobList> {
        let user = try await identity.user(of: request.headers)
        let query = try JobQuery(
            states: try states(of: request), search: try request.query("q"), cursor: try request.query("cursor"),
            limit: try request.query("limit", as: Int.self))
        return .ok(try JobList(try await jobs.list(query, user: user), limit: query.limit, pictures))
    }

    /// `?status=failed&status=canceled`, or `?status=failed,canceled`.
    private func states(of request: Request<NoBody>) throws -> [JobState] {
        try (request.query["status"] ?? []).flatMap { $0.split(separator: ",") }.map { name in
            guard let state = JobState(rawValue: String(name)) else {
                let known = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure.invalid("must be one of \(known), not \"\(name.prefix(40))\"", field: "status")
            }
            return state
        }
    }
}
