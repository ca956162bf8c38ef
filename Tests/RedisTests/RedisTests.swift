import Foundation
import Redis
import Testing

@testable import FunctionTesting

@Suite(.timeLimit(.minutes(1)))
struct RedisTests {
    @Test func `sends commands and reads every kind of reply`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        #expect(try await redis.send("SET", "key", "välue") == .status("OK"))
        #expect(try await redis.send("GET", "key").string == "välue")
        #expect(try await redis.send("GET", "none").isNull)
        #expect(try await redis.send("INCRBY", "count", 41) == .integer(41))
        #expect(try await redis.send("RPUSH", "list", ["a", "b"]) == .integer(2))
        #expect(try await redis.send("LRANGE", "list", 0, -1).array?.map(\.string) == ["a", "b"])
        let bytes: [UInt8] = Array(0...255)
        try await redis.send("SET", "bytes", bytes)
        #expect(try await redis.send("GET", "bytes").bytes == bytes)
        let error = await #expect(throws: RedisError.self) { try await redis.send("INCR", "list") }
        #expect(error?.code == "WRONGTYPE")
    }

    @Test func `carries a large value both ways`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let value = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await redis.send("SET", "large", value)
        #expect(try await redis.send("GET", "large").bytes == value)
    }

    @Test func `gives a thousand concurrent callers their own replies`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    for round in 0..<10 {
                        let text = "\(number)-\(round)"
                        let echo = try await redis.send("ECHO", text)
                        #expect(echo.string == text)
                    }
                }
            }
            try await group.waitForAll()
        }
        let clients = try await redis.send("CLIENT", "LIST").string ?? ""
        #expect(clients.split(separator: "\n").count == 1)
    }

    @Test func `answers a pipeline in order, with errors in their places`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let replies = try await redis.pipeline([
            RedisCommand("SET", "a", "x"), RedisCommand("INCR", "a"), RedisCommand("GET", "a"),
        ])
        #expect(replies.map(\.string) == ["OK", nil, "x"])
        #expect(throws: RedisError.self) { try replies[1].get() }
        #expect(try await redis.pipeline([]).isEmpty)
    }

    @Test func `names itself, selects its database and logs in`() async throws {
        let server = try await TemporaryRedis.start()
        let administrator = try Redis(url: server.url)
        try await administrator.send("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all")
        let url = "redis://app:secret@127.0.0.1:\(server.port)/2"
        let redis = try Redis(url: url, name: "gateway")
        let line = try await redis.send("CLIENT", "LIST").string ?? ""
        #expect(line.contains("name=gateway"))
        #expect(line.contains("db=2"))
        #expect(line.contains("user=app"))
        let wrong = try Redis(url: url.replacing("secret", with: "guess"))
        let error = await #expect(throws: RedisError.self) { try await wrong.send("PING") }
        #expect(error?.code == "WRONGPASS")
        #expect(!"\(error!)".contains("guess"))
    }

    @Test func `runs a script by its digest, and again after Redis forgot it`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let script = RedisScript("return {KEYS[1], ARGV[1], tonumber(ARGV[2]) + 1}")
        #expect(script.digest.count == 40)
        for _ in 0..<2 {
            let reply = try await redis.script(script, keys: ["k"], arguments: ["a", 1])
            #expect(reply.array?.map(\.string) == ["k", "a", "2"])
            try await redis.send("SCRIPT", "FLUSH")
        }
        try await redis.script(script, keys: ["k"], arguments: ["a", 1])
        let known = try await redis.send("SCRIPT", "EXISTS", script.digest)
        #expect(known == .array([.integer(1)]))
    }

    @Test func `fails commands under way when the server is killed, and comes back`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        try await redis.send("PING")
        let waiting = Task { try await redis.send("BLPOP", "never", 0, timeout: .seconds(30)) }
        try await server.until(redis: redis) { $0.contains("cmd=blpop") }
        try await server.kill()
        await #expect {
            try await waiting.value
        } throws: { error in
            if case RedisError.connectionLost = error { true } else { false }
        }
        await #expect {
            try await redis.send("PING")
        } throws: { error in
            if case RedisError.unavailable = error { true } else { false }
        }
        try await server.restart()
        try await eventually { try await redis.send("PING") == .status("PONG") }
    }

    @Test func `fails at once while the server is away`() async throws {
        let redis = try Redis(url: "redis://127.0.0.1:\(TemporaryPort.free())")
        let duration = await ContinuousClock().measure {
            for _ in 0..<20 {
                let error = await #expect(throws: RedisError.self) { try await redis.send("PING") }
                #expect("\(error!)".contains("Connection refused"), "\(error!)")
            }
        }
        #expect(duration < .seconds(2))
    }

    @Test func `repeats a command after a lost connection only when it may`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let other = try Redis(url: server.url)
        for (idempotent, succeeds) in [(false, false), (true, true)] {
            try await redis.send("DEL", "list")
            let call = Task { try await redis.send("BLPOP", "list", 0, idempotent: idempotent, timeout: .seconds(30)) }
            try await server.until(redis: other) { $0.contains("cmd=blpop") }
            try await other.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            if succeeds { try await server.until(redis: other) { $0.contains("cmd=blpop") } }
            try await other.send("RPUSH", "list", "x")
            #expect((try? await call.value) == (succeeds ? .array([.bytes(Array("list".utf8)), .bytes([120])]) : nil))
        }
    }

    @Test func `gives up on a server that does not answer, and then connects anew`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        try await redis.send("PING")
        let other = try Redis(url: server.url)
        try await other.send("CLIENT", "PAUSE", 1000, "ALL")
        let error = await #expect(throws: RedisError.self) { try await redis.send("PING", timeout: .milliseconds(100)) }
        #expect(error == .timedOut(command: "PING", after: .milliseconds(100)))
        #expect(try await redis.send("PING") == .status("PONG"))
    }

    @Test func `a canceled caller goes on at once, and the others keep their replies`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let other = try Redis(url: server.url)
        let call = Task { try await redis.send("BLPOP", "list", 0, timeout: .seconds(30)) }
        try await server.until(redis: other) { $0.contains("cmd=blpop") }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        async let next = redis.send("ECHO", "next")
        try await other.send("RPUSH", "list", "for the canceled one")
        #expect(try await next.string == "next")
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await redis.send("PING")
        }
        await #expect(throws: CancellationError.self) { try await early.value }
    }

    @Test func `fails everything once it is closed`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        let other = try Redis(url: server.url)
        let call = Task { try await redis.send("BLPOP", "list", 0, timeout: .seconds(30)) }
        try await server.until(redis: other) { $0.contains("cmd=blpop") }
        redis.close()
        await #expect(throws: RedisError.closed) { try await call.value }
        await #expect(throws: RedisError.closed) { try await redis.send("PING") }
        try await server.until(redis: other) { $0.split(separator: "\n").count == 1 }
    }
}

extension TemporaryRedis {
    /// Waits until `CLIENT LIST` looks like this.
    func until(redis: Redis, _ condition: (String) -> Bool) async throws {
        // A command that blocks holds the pipeline of its client, so another connection asks.
        let observer = try Redis(url: url)
        try await eventually {
            condition(try await observer.send("CLIENT", "LIST").string.map(Self.withoutObserver) ?? "")
        }
        observer.close()
    }

    /// The list without the connection that asks for it.
    private static func withoutObserver(_ list: String) -> String {
        list.split(separator: "\n").filter { !$0.contains("cmd=client|list") || !$0.contains("age=0") }
            .joined(separator: "\n")
    }
}

/// Waits until the condition holds; what it throws counts as not yet.
func eventually(_ condition: () async throws -> Bool) async throws {
    while (try? await condition()) != true { try await Task.sleep(for: .milliseconds(2)) }
}
