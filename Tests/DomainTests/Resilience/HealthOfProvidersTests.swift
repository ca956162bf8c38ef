import Domain
import FunctionRuntime
import FunctionTesting
import JSON
import Redis
import Testing

@testable import Health

@Suite(.timeLimit(.minutes(1)))
struct HealthOfProvidersTests {
    private let store: LocalStore

    init() throws {
        store = try LocalStore()
    }

    @Test func `health tells how each configured provider does, and is up though one is not`() async throws {
        let redis = try await TemporaryRedis.start()
        let environment = store.environment.merging(
            [
                "DATABASE_URL": try await TestDatabase.url(), "REDIS_URL": redis.url, "REPLICATE_API_TOKEN": "r8_test",
            ]
        ) { $1 }
        let health = try await TestedFunction(Health.self, environment: environment)
        let log = Log { _ in }
        let gate = ProviderGate(try Redis(url: redis.url))
        let running = await gate.resume("replicate", log: log)
        let first = try await health.request(.get, "/api/v1/health").json()
        #expect(first["providers"]?.object?.keys == ["replicate"])
        #expect(first["providers"]?["replicate"]?["breaker"] == "closed")
        #expect(first["providers"]?["replicate"]?["calls"] == 1)
        for _ in 0..<5 { await gate.finish(running, .unwell, log: log) }
        let broken = await health.request(.get, "/api/v1/health")
        #expect(broken.status == 200)
        #expect(try broken.json()["providers"]?["replicate"]?["breaker"] == "open")
        try await gate.pause("replicate")
        let paused = try await health.request(.get, "/api/v1/health").json()
        #expect(paused["providers"]?["replicate"]?["breaker"] == "paused")
        try await redis.kill()
        let blind = await health.request(.get, "/api/v1/health")
        #expect(blind.status == 503)
        #expect(try blind.json()["providers"] == nil)
    }
}
