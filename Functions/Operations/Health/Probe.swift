import Domain
import FunctionRuntime
import ObjectStorage
import Postgres
import Redis

/// One question to one dependency.
struct Probe: Sendable {
    private let ask: @Sendable () async throws -> Void

    static func postgres(_ database: Database) -> Probe {
        Probe { _ = try await database.postgres.query("select 1") }
    }

    static func redis(_ redis: Redis) -> Probe {
        Probe { try await redis.send("PING") }
    }

    /// Asks for an object that need not be there: that it is missing is an answer of a store that works.
    static func storage(_ pictures: Pictures) -> Probe {
        Probe {
            do {
                _ = try await pictures.storage.head("health")
            } catch let error as ObjectStorageError where error.kind == .notFound {}
        }
    }

    /// Asks, and measures how long the answer took. What went wrong goes to the log only: it may name hosts.
    func run(within limit: Duration, log: Log, name: String) async -> ProbeResult {
        let start = ContinuousClock.now
        var status = ProbeResult.Status.up
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await ask() }
                group.addTask {
                    try await Task.sleep(for: limit)
                    throw Failure.timeout("no answer within \(limit)")
                }
                try await group.next()
                group.cancelAll()
            }
        } catch {
            log.warning("a dependency is down", ["dependency": name, "error": "\(error)"])
            status = .down
        }
        let taken = start.duration(to: .now)
        return ProbeResult(status: status, latencyMs: Double((taken / .microseconds(1)).rounded()) / 1000)
    }
}
