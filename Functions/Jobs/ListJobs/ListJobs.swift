import Domain
import FunctionRuntime
import HTTPClient

/// Lists the user's jobs, newest first.
@main struct ListJobs: Function {
    static let summary = "Lists jobs, newest first; filtered by status, searched by prompt"
    static let triggers = [Trigger.http(.get, "/api/v1/jobs")]
    static let status = RequestParameter.queryList(
        "status", as: JobState.self, "only jobs in one of these states; repeated, or separated by commas")
    static let search = RequestParameter.query("q", "words of the prompt, as web search engines take them")
    static let cursor = RequestParameter.query("cursor", "nextCursor of the page before")
    static let limit = RequestParameter.query(
        "limit", as: Int.self, "jobs in one page, from 1 to \(JobRules.pageLimit)")
    static let parameters: [any RequestParameterProtocol] = [status, search, cursor, limit]
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
            states: try request.values(of: Self.status), search: try request.value(of: Self.search),
            cursor: try request.value(of: Self.cursor), limit: try request.value(of: Self.limit))
        return .ok(try JobList(try await jobs.list(query, user: user), limit: query.limit, pictures))
    }
}
