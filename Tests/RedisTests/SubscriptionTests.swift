import FunctionTesting
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SubscriptionTests {
    @Test func `hears messages on its channels, in order`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        var events = redis.subscribe(to: "a", "b").makeAsyncIterator()
        #expect(try await events.next() == .subscribed)
        for number in 0..<100 { try await redis.send("PUBLISH", number.isMultiple(of: 2) ? "a" : "b", number) }
        try await redis.send("PUBLISH", "c", "not for us")
        for number in 0..<100 {
            let channel = number.isMultiple(of: 2) ? "a" : "b"
            #expect(try await events.next() == .message(channel: channel, payload: Array(String(number).utf8)))
        }
    }

    @Test func `says when it stands again after the server was killed`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        var events = redis.subscribe(to: "a").makeAsyncIterator()
        #expect(try await events.next() == .subscribed)
        try await server.kill()
        try await server.restart()
        #expect(try await events.next() == .subscribed)
        try await eventually { try await redis.send("PUBLISH", "a", "x") == .integer(1) }
        #expect(try await events.next() == .message(channel: "a", payload: [120]))
    }

    @Test func `leaves the server when nobody listens any more`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        do {
            var events = redis.subscribe(to: "a").makeAsyncIterator()
            #expect(try await events.next() == .subscribed)
        }
        try await eventually { try await redis.send("PUBLISH", "a", "x") == .integer(0) }
    }

    @Test func `ends with the reason when the channel is forbidden`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        try await redis.send("ACL", "SETUSER", "default", "resetchannels")
        var events = redis.subscribe(to: "a").makeAsyncIterator()
        let error = await #expect(throws: RedisError.self) { _ = try await events.next() }
        #expect(error?.code == "NOPERM")
    }
}
