import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import JSON
import Postgres
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WorkflowCatalogueTests {
    private let database: Database
    private let log = Log { _ in }

    init() async throws {
        database = try await TestDatabase.make()
    }

    private func rename(_ id: String, _ name: String) async throws {
        try await database.asService("update workflows set name = \(name) where id = \(id)")
    }

    private func catalogue(_ redis: TemporaryRedis) throws -> WorkflowCatalogue {
        WorkflowCatalogue(database, try Redis(url: redis.url))
    }

    @Test func `every entry that the catalogue begins with can be used, for every provider and both categories`()
        async throws
    {
        let redis = try await TemporaryRedis.start()
        let snapshot = try await catalogue(redis).current(log: log)
        #expect(snapshot.problems.isEmpty)
        // What the provider's models of today refuse is not offered.
        let edit = try #require(snapshot["openai-edit"])
        #expect(throws: (any Error).self) { try edit.parameters.complete(["input_fidelity": "high"]) }
        let offered = Set(snapshot.enabled.map { "\($0.provider) \($0.category.rawValue)" })
        let providers = ["replicate", "fal", "huggingface", "openai", "gemini", "comfyui", "automatic1111", "sdcpp"]
        #expect(offered == Set(providers.flatMap { ["\($0) text-to-image", "\($0) image-to-image"] }))
        for workflow in snapshot.enabled {
            #expect(try workflow.parameters.complete([:]).allSatisfy { !$0.value.isNull })
            let chain = snapshot.chain(of: workflow.id)
            #expect(chain.count == workflow.fallbacks.count + 1, "\(workflow.id)")
            #expect(Set(chain.map(\.category)) == [workflow.category], "\(workflow.id)")
        }
    }

    @Test func `it is read from Redis until it changes, by every process`() async throws {
        let redis = try await TemporaryRedis.start()
        let (one, two) = (try catalogue(redis), try catalogue(redis))
        _ = try await one.current(log: log)
        try await rename("flux-schnell", "another name")
        #expect(try await two.current(log: log)["flux-schnell"]?.name == "FLUX schnell")
        await one.invalidate(log: log)
        #expect(try await one.snapshot(log: log)["flux-schnell"]?.name == "another name")
        #expect(try await two.current(log: log)["flux-schnell"]?.name == "another name")
    }

    @Test func `a copy that another process has filed anew is taken over`() async throws {
        let redis = try await TemporaryRedis.start()
        let (one, two) = (try catalogue(redis), try catalogue(redis))
        _ = try await one.current(log: log)
        // The copy has run out, and the table was changed by hand: nobody counted the generation up.
        try await rename("flux-schnell", "another name")
        try await Redis(url: redis.url).send("DEL", "workflows:{catalogue}:copy")
        #expect(try await two.current(log: log)["flux-schnell"]?.name == "another name")
        #expect(try await one.current(log: log)["flux-schnell"]?.name == "another name")
    }

    @Test func `a copy that was read before a change is not found after it`() async throws {
        let redis = try await TemporaryRedis.start()
        let client = try Redis(url: redis.url)
        let catalogue = try catalogue(redis)
        // Filed by a reader that asked for the generation before a change and comes to file its copy after it.
        try await client.send("SET", "workflows:{catalogue}:generation", "8")
        try await client.send("HSET", "workflows:{catalogue}:copy", "generation", "7", "stamp", "x", "workflows", "[]")
        #expect(try await catalogue.current(log: log)["flux-schnell"] != nil)
    }

    @Test func `it is read from the database while Redis is away`() async throws {
        let redis = try await TemporaryRedis.start()
        let catalogue = try catalogue(redis)
        try await redis.stop()
        #expect(try await catalogue.current(log: log)["flux-schnell"]?.name == "FLUX schnell")
        try await rename("flux-schnell", "another name")
        await catalogue.invalidate(log: log)
        #expect(try await catalogue.current(log: log)["flux-schnell"]?.name == "another name")
    }

    @Test func `an entry that cannot be checked is told and not offered, the others are`() async throws {
        let redis = try await TemporaryRedis.start()
        try await database.asService(
            """
            update workflows set parameters = '{"type": "object", "properties": {"a": {"oneOf": []}}}' 
            where id = 'flux-schnell'
            """)
        let logged = LogCollector()
        let snapshot = try await catalogue(redis).current(log: logged.log)
        #expect(snapshot["flux-schnell"] == nil && snapshot["sdxl"] != nil)
        #expect(snapshot.problems.map(\.id) == ["flux-schnell"])
        #expect(
            logged.messages.contains {
                $0.contains("\"flux-schnell\"") && $0.contains("/properties/a/oneOf is a keyword that is not supported")
            })
    }

    @Test func `users read the catalogue and do not write it`() async throws {
        let user = try await TestDatabase.user(in: database)
        #expect(try await database.asUser(user, "select id from workflows")[0].count > 10)
        await #expect(throws: PostgresError.self) {
            _ = try await database.asUser(user, "update workflows set name = 'mine'")
        }
        await #expect(throws: PostgresError.self) {
            _ = try await database.asUser(user, "delete from workflows")
        }
    }
}
