import Domain
import FunctionRuntime
import Redis

/// Shows a workflow that jobs may be drawn with.
@main struct GetWorkflow: Function {
    static let summary = "Shows a workflow with the parameters it takes"
    static let triggers = [Trigger.http(.get, "/api/v1/workflows/{id}")]
    static let id = RequestParameter.path("id", "the workflow's id, a name")
    static let parameters: [any RequestParameterProtocol] = [id]
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

    func call(_ request: Request<NoBody>, _ context: Context) async throws -> Response<WorkflowView> {
        _ = try await identity.user(of: request.headers)
        let id = try request.parameter(Self.id)
        guard let workflow = try await workflows.catalogue.current(log: context.log)[id], workflow.isEnabled else {
            throw Failure.notFound(
                "there is no workflow \"\(id.prefix(80))\"; GET /api/v1/workflows lists those there are")
        }
        return .ok(WorkflowView(workflow, isDefault: workflows.isStandard(workflow)))
    }
}
