import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Postgres
import Queue
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OutboxTests {
    @Test func `a wake-up carries the job's id and nothing else`() async throws {
        let server = try await TemporaryRedis.start()
        let world = try await World(redis: try Redis(url: server.url))
        guard
            case .created(let job, let wakeUp?) = try await world.jobs.create(try NewJob(prompt: "a"), user: world.user)
        else { return }
        #expect(await world.queue.publish([wakeUp], log: world.log))
        let message = try #require(try await world.queue.queue.receive(max: 1, block: .seconds(5)).first)
        #expect(message.body == ["jobId": .string(job.id.text)])
        #expect(message.id == wakeUp.id.text)
    }

    @Test func `with Redis stopped a job is taken on, and comes to Redis once it is back`() async throws {
        let server = try await TemporaryRedis.start()
        let world = try await World(redis: try Redis(url: server.url))
        try await server.kill()
        guard
            case .created(let job, let wakeUp?) = try await world.jobs.create(try NewJob(prompt: "a"), user: world.user)
        else {
            Issue.record("the job was not taken on")
            return
        }
        #expect(await !world.queue.publish([wakeUp], log: world.log))
        try await world.database.asService("update outbox set available_at = now()")
        let relay = OutboxRelay(world.database, world.queue)
        await #expect(throws: RedisError.self) { try await relay.relay() }
        #expect(try await world.count("outbox", where: "published_at is null") == 1)

        try await server.restart()
        try await until { (try? await relay.relay()) == 1 }
        #expect(try await relay.relay() == 0)
        let message = try #require(try await world.queue.queue.receive(max: 1, block: .seconds(5)).first)
        #expect(message.body["jobId"]?.string == job.id.text)
        #expect(try await world.leases().claim(job.id, message: wakeUp.id, provider: "fake") != nil)
        #expect(try await world.count("outbox") == 0)
    }

    @Test func `the relay leaves alone what was only just committed`() async throws {
        let server = try await TemporaryRedis.start()
        let world = try await World(redis: try Redis(url: server.url))
        _ = try await world.createJob()
        #expect(try await OutboxRelay(world.database, world.queue).relay() == 0)
    }

    @Test func `the relay publishes however much there is`() async throws {
        let server = try await TemporaryRedis.start()
        let world = try await World(redis: try Redis(url: server.url))
        for _ in 0..<7 { _ = try await world.createJob() }
        try await world.database.asService("update outbox set available_at = now()")
        #expect(try await OutboxRelay(world.database, world.queue, batch: 3).relay() == 7)
        #expect(try await world.queue.queue.depth().total == 7)
    }
}
