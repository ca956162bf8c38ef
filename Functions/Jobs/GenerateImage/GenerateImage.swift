import Domain
import FoundationEssentials
import FunctionRuntime
import HTTPClient
import Redis

/// The worker: takes the job that a message names, has the provider draw, stores what it made.
///
/// The message only wakes it; the job's row decides whether there is anything to do. Retries and their waits are the job's own, so a
/// message is finished as soon as the job has been moved on.
@main struct GenerateImage: Function {
    static let summary = "Works on a queued job"
    static let triggers = [Trigger.queue(GenerateQueue.name, attempts: 10, lease: .seconds(15))]
    static let limits = Limits(concurrency: 64, timeout: .seconds(900), memory: 256)
    static let environment =
        Database.environment + Redis.environment + StorageSettings.environment + Providers.environment
        + ProviderGate.environment + [WebhookAddress.publicURL]

    /// `{"jobId":"…"}`
    struct Work: Codable, Sendable {
        var jobId: UUID
    }

    private let worker: GenerationWorker

    init(_ configuration: Configuration) throws {
        let redis = try Redis(configuration)
        let client = HTTPClient()
        let database = try Database(configuration, connections: 8)
        let providers = try Providers(configuration, client)
        worker = GenerationWorker(
            leases: JobLeases(database), provider: providers.standard,
            choice: ProviderChoice(providers, WorkflowCatalogue(database, redis)),
            files: try Pictures(configuration, client),
            queue: GenerateQueue(redis), notifier: JobNotifier(redis), gate: try ProviderGate(configuration, redis),
            webhooks: try WebhookAddress(configuration))
    }

    func call(_ message: Message<Work>, _ context: Context) async throws -> Done {
        let outcome = try await worker.work(
            on: message.body.jobId, message: UUID(uuidString: message.id), log: context.log
        ) { progress in
            context.progress(progress)
        }
        context.log.debug("the wake-up is dealt with", ["jobId": message.body.jobId.text, "outcome": "\(outcome)"])
        return .done
    }
}
