import Domain
import FunctionRuntime
import HTTPClient
import Redis

/// Asks the providers that list what they have, and writes it down in the catalogue of workflows.
@main struct SyncWorkflows: Function {
    static let summary = "Refreshes the catalogue of workflows from the providers' own lists"
    static let triggers = [Trigger.timer("every 60s")]
    static let limits = Limits(concurrency: 1, timeout: .seconds(55), memory: 64)
    static let environment = Database.environment + Redis.environment + Providers.environment

    private let sync: WorkflowSync

    init(_ configuration: Configuration) throws {
        sync = try WorkflowSync(
            configuration, try Database(configuration, connections: 1), try Redis(configuration), HTTPClient())
    }

    func call(_ tick: Tick, _ context: Context) async throws -> Done {
        let changed = try await sync.run(log: context.log)
        if !changed.isEmpty {
            context.log.info("the catalogue of workflows has changed", ["workflows": changed.joined(separator: ", ")])
        }
        return .done
    }
}
