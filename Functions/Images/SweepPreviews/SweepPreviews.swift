import Domain
import FunctionRuntime
import HTTPClient

/// Removes previews of jobs that have ended without their worker seeing to it: canceled, failed, or taken from a worker that died.
@main struct SweepPreviews: Function {
    static let summary = "Removes previews that nobody needs any more"
    static let triggers = [Trigger.timer("every 30s")]
    static let limits = Limits(concurrency: 1, timeout: .seconds(60), memory: 64)
    static let environment = Database.environment + StorageSettings.environment

    private let previews: PreviewStore

    init(_ configuration: Configuration) throws {
        previews = PreviewStore(
            try Database(configuration, connections: 1), try Pictures(configuration, HTTPClient()))
    }

    func call(_ tick: Tick, _ context: Context) async throws -> Done {
        let count = try await previews.removeStale()
        if count > 0 { context.log.info("removed previews", ["count": count]) }
        return .done
    }
}
