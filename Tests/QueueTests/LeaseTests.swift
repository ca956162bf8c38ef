import Queue
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LeaseTests {
    @Test func `a lost lease is taken over, and the attempt of the dead worker counts`() async throws {
        let fixture = try await Fixture()
        let (one, two) = (fixture.queue(consumer: "one"), fixture.queue(consumer: "two"))
        try await one.publish(.numbered(1, .low))
        let first = try #require(try await one.receive(max: 1, block: .zero).first)
        #expect(try await two.reclaim(idle: .seconds(12), max: 5).isEmpty)
        try await fixture.forget(first, for: .seconds(12))
        let second = try #require(try await two.reclaim(idle: .seconds(12), max: 5).first)
        #expect(second.id == "1" && second.priority == .low && second.attempt == 2)
        try await fixture.forget(second, for: .seconds(12))
        let third = try #require(try await one.reclaim(idle: .seconds(12), max: 5).first)
        #expect(third.attempt == 3)
    }

    @Test func `a worker that lost its lease cannot change the message any more`() async throws {
        let fixture = try await Fixture()
        let (one, two) = (fixture.queue(consumer: "one"), fixture.queue(consumer: "two"))
        try await one.publish(.numbered(1))
        let late = try #require(try await one.receive(max: 1, block: .zero).first)
        try await fixture.forget(late, for: .seconds(20))
        let current = try #require(try await two.reclaim(idle: .seconds(12), max: 1).first)
        #expect(try await !one.retry(late, after: .zero))
        #expect(try await !one.kill(late, reason: "late"))
        #expect(try await !one.release(late))
        #expect(try await one.extend([late]).isEmpty)
        #expect(try await two.extend([current]) == [current])
        #expect(try await two.acknowledge(current))
        #expect(try await one.depth().total == 0)
        #expect(try await one.depth().dead == 0)
    }

    @Test func `the same consumer is fenced off too when it took the message over from itself`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(.numbered(1))
        let late = try #require(try await queue.receive(max: 1, block: .zero).first)
        try await fixture.forget(late, for: .seconds(20))
        let current = try #require(try await queue.reclaim(idle: .seconds(12), max: 1).first)
        #expect(try await !queue.retry(late, after: .zero))
        #expect(try await queue.retry(current, after: .zero))
    }

    @Test func `a renewed lease is not lost, and renewing counts no attempt`() async throws {
        let fixture = try await Fixture()
        let (one, two) = (fixture.queue(consumer: "one"), fixture.queue(consumer: "two"))
        try await one.publish(contentsOf: [.numbered(1, .high), .numbered(2), .numbered(3)])
        let messages = try await one.receive(max: 3, block: .zero)
        for message in messages { try await fixture.forget(message, for: .seconds(20)) }
        let renewed = try await one.extend(Array(messages.prefix(2)))
        #expect(Set(renewed) == Set(messages.prefix(2)))
        let lost = try await two.reclaim(idle: .seconds(12), max: 5)
        #expect(lost.map(\.id) == ["3"])
        #expect(lost.first?.attempt == 2)
        #expect(try await one.retry(messages[0], after: .zero))
    }

    @Test func `finds a lost lease behind many that are held`() async throws {
        let fixture = try await Fixture()
        let (one, two) = (fixture.queue(consumer: "one"), fixture.queue(consumer: "two"))
        try await one.publish(contentsOf: (0..<500).map { .numbered($0) })
        let messages = try await one.receive(max: 500, block: .zero)
        try await fixture.forget(messages[499], for: .seconds(20))
        #expect(try await two.reclaim(idle: .seconds(12), max: 1).map(\.id) == ["499"])
    }

    @Test func `takes over no more than asked for`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(contentsOf: [.numbered(1, .high), .numbered(2), .numbered(3, .low)])
        for message in try await queue.receive(max: 3, block: .zero) {
            try await fixture.forget(message, for: .seconds(20))
        }
        #expect(try await queue.reclaim(idle: .seconds(12), max: 2).map(\.id) == ["1", "2"])
    }

    @Test func `what was given back comes again at once, before the rest, without an attempt counted`() async throws {
        let fixture = try await Fixture()
        let (one, two) = (fixture.queue(consumer: "one"), fixture.queue(consumer: "two"))
        try await one.publish(contentsOf: [.numbered(1), .numbered(2)])
        let message = try #require(try await one.receive(max: 1, block: .zero).first)
        #expect(try await one.release(message))
        let again = try #require(try await two.reclaim(idle: .seconds(12), max: 1).first)
        #expect(again.id == "1" && again.attempt == 1)
    }

    @Test func `forgets consumers that are long gone and hold nothing`() async throws {
        let fixture = try await Fixture()
        let (one, two) = (fixture.queue(consumer: "one"), fixture.queue(consumer: "two"))
        try await one.publish(contentsOf: [.numbered(1), .numbered(2)])
        _ = try await one.receive(max: 1, block: .zero)
        let done = try #require(try await two.receive(max: 1, block: .zero).first)
        try await two.acknowledge(done)
        func names() async throws -> [String?] {
            try await fixture.redis.send("XINFO", "CONSUMERS", "queue:{work}:normal", "functions")
                .expect(\.array).map { $0.dictionary?["name"]?.string }
        }
        _ = try await two.reclaim(idle: .seconds(12), max: 1)
        #expect(try await names() == ["one", "two"])
        try await eventually {
            _ = try await one.reclaim(idle: .seconds(12), max: 1, forgetting: .milliseconds(1))
            return try await names() == ["one"]
        }
    }
}
