import Domain
import FunctionRuntime
import FunctionTesting
import JSON
import Redis
import Testing

@testable import ReapJobs

/// What a caller hears when it is not the service's mistake.
@Suite(.timeLimit(.minutes(1)))
struct RedisAwayTests {
    @Test func `a function that needs Redis is unavailable without it`() async throws {
        let reap = try await TestedFunction(
            ReapJobs.self,
            environment: ["DATABASE_URL": try await TestDatabase.url(), "REDIS_URL": "redis://127.0.0.1:1"])
        let failure = await reap.tick().failure
        #expect(failure?.code == .unavailable)
        #expect(failure?.message == "Redis cannot be reached; try again in a moment")
        #expect(reap.logs.records.isEmpty)
    }

    @Test func `an answer that Redis should not give is a mistake of the service`() {
        #expect(RedisError.unexpectedReply("a list").failure == nil)
    }

    @Test func `the attempts that are shown are those that count`() async throws {
        let world = try await World()
        let job = try await world.createJob()
        for counts in [false, true, false] {
            let claim = try #require(try await world.leases().claim(job.id, provider: "fake"))
            _ = try await world.leases().requeue(claim, after: .zero, reason: nil, counts: counts, call: .ended)
        }
        let now = try await world.job(job.id)
        #expect(now.attempts == 3)
        #expect(JobView(now).attempts == 1)
    }
}
