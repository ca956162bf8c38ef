import Domain
import FoundationEssentials
import FunctionRuntime
import Redis

/// The worker as it is, with a provider that answers at once and draws nothing: what is left is the pipeline's own cost.
@main struct GenerateNothing: Function {
    static let summary = "Works on a queued job and draws nothing"
    static let triggers = [Trigger.queue(GenerateQueue.name, attempts: 10, lease: .seconds(15))]
    static let limits = Limits(concurrency: 64, timeout: .seconds(60), memory: 256)
    static let environment = Database.environment + Redis.environment

    struct Work: Codable, Sendable {
        var jobId: UUID
    }

    private let worker: GenerationWorker

    init(_ configuration: Configuration) throws {
        let redis = try Redis(configuration)
        worker = GenerationWorker(
            leases: JobLeases(try Database(configuration, connections: 8)), provider: NoProvider(), files: NoFiles(),
            queue: GenerateQueue(redis), notifier: JobNotifier(redis))
    }

    func call(_ message: Message<Work>, _ context: Context) async throws -> Done {
        _ = try await worker.work(on: message.body.jobId, message: UUID(uuidString: message.id), log: context.log)
        return .done
    }
}

/// Accepts every call and has finished it.
private struct NoProvider: ImageProvider {
    let name = "nothing"
    let capabilities = ProviderCapabilities(
        findsLostCalls: false, cancels: false, takesImages: false, answersAtOnce: true)

    func submit(_ request: GenerationRequest, _ observe: ProviderObserver) throws(ProviderError) -> ProviderCall {
        ProviderCall(requestID: request.job.uuidString, state: .succeeded([]))
    }

    func poll(_ requestID: String) throws(ProviderError) -> ProviderCall {
        ProviderCall(requestID: requestID, state: .succeeded([]))
    }

    func lookUp(_ request: GenerationRequest, since: Date) throws(ProviderError) -> [ProviderCall] { [] }
    func cancel(_ requestID: String) throws(ProviderError) {}
    func fetch(_ output: ProviderOutput) throws(ProviderError) -> [UInt8] { [] }
}

/// Nothing is drawn, so nothing is stored.
private struct NoFiles: PictureFiles {
    func read(_ key: String, upTo limit: Int) -> [UInt8] { [] }
    func write(_ key: String, _ bytes: [UInt8], format: ImageFormat) {}
    func remove(_ key: String) {}
}
