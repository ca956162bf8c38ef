import Domain
import FunctionRuntime
import HTTPClient
import Redis

/// Looks at what has arrived in storage: by its bytes, never by its name or its declared type. A picture that was announced becomes
/// ready or rejected and its waiting job moves on; one that nobody announced but whose metadata carries a prompt becomes a job: one that
/// has failed where what it asks for cannot be.
///
/// Every step may happen twice and changes nothing the second time.
@main struct ImageUploaded: Function {
    static let summary = "Measures an uploaded picture and queues the job that waits for it"
    static let triggers = [Trigger.object(prefix: ImageRules.uploadPrefix, events: [.created])]
    static let limits = Limits(concurrency: 8, timeout: .seconds(120), memory: 128)
    static let environment =
        Database.environment + Redis.environment + StorageSettings.environment + JobWorkflows.environment
        + [Identity.developmentUser]

    private let identity: Identity
    private let uploads: UploadIntake

    init(_ configuration: Configuration) throws {
        let database = try Database(configuration)
        let redis = try Redis(configuration)
        identity = try Identity(configuration, database)
        uploads = UploadIntake(
            database, try Pictures(configuration, HTTPClient()), GenerateQueue(redis), JobNotifier(redis),
            try JobWorkflows(configuration, database, redis))
    }

    func call(_ object: StoredObject, _ context: Context) async throws -> Done {
        let outcome = try await uploads.take(object, as: try await identity.developmentUser(), log: context.log)
        outcome.write(object.key, to: context.log)
        return .done
    }
}
