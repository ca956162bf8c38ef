import FunctionTesting
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BlockingTests {
    @Test func `a blocking read has its own connection, so that commands go on`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        async let popped = redis.blocking { try await $0.send(RedisCommand("BLPOP", "list", 10), block: .seconds(10)) }
        try await eventually { try await redis.send("INFO", "clients").string!.contains("blocked_clients:1") }
        try await redis.send("RPUSH", "list", "x")
        #expect(try await popped.array?.last?.string == "x")
    }

    @Test func `is given back nothing when its time is over`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let reply = try await redis.blocking {
            try await $0.send(RedisCommand("BLPOP", "list", "0.01"), block: .milliseconds(10))
        }
        #expect(reply.isNull)
    }

    @Test func `keeps its connection for the next blocking read`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        func connection() async throws -> Int64? {
            try await redis.blocking { try await $0.send(RedisCommand("CLIENT", "ID"), block: .zero).integer }
        }
        let first = try await connection()
        for _ in 0..<5 { #expect(try await connection() == first) }
        #expect(try await redis.send("CLIENT", "ID").integer != first)
    }

    @Test func `cancellation ends the wait at the server`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        for _ in 0..<20 {
            let call = Task {
                try await redis.blocking { try await $0.send(RedisCommand("BLPOP", "list", 30), block: .seconds(30)) }
            }
            try await eventually { try await redis.send("INFO", "clients").string!.contains("blocked_clients:1") }
            call.cancel()
            #expect(try await call.value.isNull)
        }
        #expect(try await redis.send("INFO", "clients").string!.contains("blocked_clients:0"))
    }

    @Test func `cancellation at any moment ends the wait`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        try await redis.send("PING")
        for round in 0..<100 {
            let call = Task {
                try await redis.blocking { try await $0.send(RedisCommand("BLPOP", "list", 30), block: .seconds(30)) }
            }
            for _ in 0..<round { await Task.yield() }
            call.cancel()
            _ = await call.result
        }
        try await eventually { try await redis.send("INFO", "clients").string!.contains("blocked_clients:0") }
    }

    @Test func `fails when the server is killed, and works again after its restart`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let call = Task {
            try await redis.blocking { try await $0.send(RedisCommand("BLPOP", "list", 30), block: .seconds(30)) }
        }
        try await eventually { try await redis.send("INFO", "clients").string!.contains("blocked_clients:1") }
        try await server.kill()
        await #expect(throws: RedisError.self) { try await call.value }
        try await server.restart()
        try await eventually { try await redis.send("RPUSH", "list", "x") == .integer(1) }
        let reply = try await redis.blocking {
            try await $0.send(RedisCommand("BLPOP", "list", 30), block: .seconds(30))
        }
        #expect(reply.array?.last?.string == "x")
    }

    @Test func `fails when the client is closed`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let call = Task {
            try await redis.blocking { try await $0.send(RedisCommand("BLPOP", "list", 30), block: .seconds(30)) }
        }
        try await eventually { try await redis.send("INFO", "clients").string!.contains("blocked_clients:1") }
        redis.close()
        await #expect(throws: RedisError.closed) { try await call.value }
        await #expect(throws: RedisError.closed) { try await redis.blocking { _ in } }
    }
}
