import Domain
import FunctionRuntime
import Redis

/// Lists the workflows that jobs may be drawn with.
@main struct ListWorkflows: Function {
    static let summary = "Lists workflows with the parameters they take"
    static let triggers = [Trigger.http(.get, "/api/v1/workflows")]
    static let category = RequestParameter.query(
        "category", as: WorkflowCategory.self, "only workflows of this category")
    static let cursor = RequestParameter.query("cursor", "nextCursor of the page before")
    static let limit = RequestParameter.query(
        "limit", as: Int.self, "workflows in one page, from 1 to \(WorkflowQuery.pageLimit)")
    static let parameters: [any RequestParameterProtocol] = [category, cursor, limit]
    static let limits = Limits(concurrency: 16, timeout: .seconds(10), memory: 64)
    static let environment =
        Database.environment + Redis.environment + JobWorkflows.environment + [Identity.developmentUser]

    private let identity: Identity
    private let workflows: JobWorkflows

    init(_ configuration: Configuration) throws {
        let database = try Database(configuration, connections: 2)
        identity = try Identity(configuration, database)
        workflows = try JobWorkflows(configuration, database, try Redis(configuration))
    }

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<WorkflowList> {
        _ = try await identity.user(of: request.headers)
        let query = try WorkflowQuery(
            category: try request.value(of: Self.category), cursor: try request.value(of: Self.cursor),
            limit: try request.value(of: Self.limit))
        let snapshot = try await workflows.catalogue.current(log: context.log)
        return .ok(query.page(of: snapshot, isDefault: workflows.isStandard))
    }
}
