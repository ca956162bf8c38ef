import Domain
import FunctionRuntime
import Redis

/// Brings the wake-ups to Redis that whoever committed them could not publish: while Redis was away, or because the process died
/// between its commit and its publication.
@main struct RelayOutbox: Function {
    static let summary = "Publishes wake-ups that were committed and not published"
    static let triggers = [Trigger.timer("every 1s")]
    static let limits = Limits(concurrency: 1, timeout: .seconds(30), memory: 64)
    static let environment = Database.environment + Redis.environment

    private let relay: OutboxRelay

    init(_ configuration: Configuration) throws {
        relay = OutboxRelay(
            try Database(configuration, connections: 1), GenerateQueue(try Redis(configuration)))
    }

    func call(_ tick: Tick, _ context: Context) async throws -> Done {
        let published = try await relay.relay()
        if published > 0 { context.log.info("published wake-ups from the outbox", ["count": published]) }
        return .done
    }
}
