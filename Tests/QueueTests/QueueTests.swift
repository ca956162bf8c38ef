import FunctionTesting
import JSON
import Queue
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct QueueTests {
    @Test func `delivers what was published, once, and forgets it when it is done`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let body: JSON = ["jobId": "a", "text": "ü\u{2028}\n", "empty": [], "number": 0.1]
        try await queue.publish(QueueMessage(id: "m1", body: body, priority: .high))
        let messages = try await queue.receive(max: 10, block: .zero)
        let message = try #require(messages.first)
        #expect(messages.count == 1)
        #expect(message.id == "m1")
        #expect(message.body == body)
        #expect(message.priority == .high)
        #expect(message.attempt == 1)
        #expect(message.enqueuedAt == 1_800_000_000_000)
        #expect(try await queue.receive(max: 10, block: .zero).isEmpty)
        #expect(try await fixture.queue(consumer: "two").receive(max: 10, block: .zero).isEmpty)
        #expect(try await queue.acknowledge(message))
        #expect(try await !queue.acknowledge(message))
        #expect(try await queue.depth().total == 0)
    }

    @Test func `takes the urgent first and the order of publishing within a priority`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(contentsOf: [
            .numbered(1, .low), .numbered(2, .normal), .numbered(3, .high), .numbered(4, .normal), .numbered(5, .high),
        ])
        #expect(try await queue.receive(max: 2, block: .zero).map(\.id) == ["3", "5"])
        #expect(try await queue.receive(max: 9, block: .zero).map(\.id) == ["2", "4", "1"])
    }

    @Test func `a message of low priority that has waited is taken in between, so that it never starves`() async throws
    {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        // Entry ids carry the time at which they were added: this one is from 1970.
        try await fixture.redis.send("XADD", "queue:{work}:low", "1000-0", "id", "aged", "body", "{}")
        for number in 0..<12 { try await queue.publish(.numbered(number, .high)) }
        try await queue.publish(.numbered(99, .low))
        var order: [String] = []
        for _ in 0..<8 { order += try await queue.receive(max: 1, block: .zero).map(\.id) }
        #expect(order == ["0", "1", "2", "aged", "3", "4", "5", "6"])
    }

    @Test func `aged messages share one place in four, the oldest first`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await fixture.redis.send("XADD", "queue:{work}:low", "1000-0", "id", "low", "body", "{}")
        try await fixture.redis.send("XADD", "queue:{work}:normal", "2000-0", "id", "normal", "body", "{}")
        for number in 0..<12 { try await queue.publish(.numbered(number, .high)) }
        let order = try await queue.receive(max: 8, block: .zero).map(\.id)
        #expect(order == ["low", "normal", "0", "1", "2", "3", "4", "5"])
    }

    @Test func `publishes an id once within a window when asked to`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let once = QueueMessage(id: "a", body: [:], onceWithin: .seconds(60))
        #expect(try await queue.publish(once))
        #expect(try await !queue.publish(once))
        #expect(try await queue.publish(QueueMessage(id: "b", body: [:], onceWithin: .milliseconds(1))))
        try await eventually { try await queue.publish(QueueMessage(id: "b", body: [:], onceWithin: .seconds(9))) }
        #expect(try await queue.depth().ready[.normal] == 3)
    }

    @Test func `waits for a message`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        #expect(try await queue.receive(max: 1, block: .milliseconds(20)).isEmpty)
        async let received = queue.receive(max: 5, block: .seconds(30))
        try await eventually {
            try await fixture.redis.send("INFO", "clients").string!.contains("blocked_clients:1")
        }
        try await queue.publish(.numbered(7, .low))
        #expect(try await received.map(\.id) == ["7"])
    }

    @Test func `a canceled wait ends at once and loses nothing`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let wait = Task { try await queue.receive(max: 1, block: .seconds(30)) }
        try await eventually {
            try await fixture.redis.send("INFO", "clients").string!.contains("blocked_clients:1")
        }
        wait.cancel()
        #expect(try await wait.value.isEmpty)
        try await queue.publish(.numbered(1))
        #expect(try await queue.receive(max: 1, block: .zero).count == 1)
    }

    @Test func `a delayed message comes when its time has come, not before`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        #expect(try await queue.promoteDue() == nil)
        try await queue.publish(.numbered(1, .high, delay: .seconds(5)))
        try await queue.publish(.numbered(2, .low, delay: .seconds(60)))
        #expect(try await queue.promoteDue() == .seconds(5))
        #expect(try await queue.receive(max: 1, block: .zero).isEmpty)
        fixture.advance(by: .milliseconds(4999))
        #expect(try await queue.promoteDue() == .milliseconds(1))
        fixture.advance(by: .milliseconds(1))
        #expect(try await queue.promoteDue() == .seconds(55))
        let message = try #require(try await queue.receive(max: 1, block: .zero).first)
        #expect(message.id == "1" && message.priority == .high && message.attempt == 1)
        #expect(message.enqueuedAt == 1_800_000_000_000)
    }

    @Test func `promotes more than one batch`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        for number in 0..<250 { try await queue.publish(.numbered(number, delay: .seconds(1))) }
        fixture.advance(by: .seconds(1))
        #expect(try await queue.promoteDue() == nil)
        #expect(try await queue.depth().ready[.normal] == 250)
    }

    @Test func `counts what is ready, leased, delayed and dead, and the age of the oldest`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let empty = try await queue.depth()
        #expect(empty.total == 0 && empty.dead == 0 && empty.oldestAge == nil)
        for number in 0..<4 { try await queue.publish(.numbered(number)) }
        try await queue.publish(.numbered(5, .low))
        try await queue.publish(.numbered(6, delay: .seconds(1)))
        let messages = try await queue.receive(max: 2, block: .zero)
        try await queue.kill(messages[0], reason: "for the count")
        let depth = try await queue.depth()
        #expect(depth.ready == [.high: 0, .normal: 2, .low: 1])
        #expect(depth.leased == 1 && depth.delayed == 1 && depth.dead == 1 && depth.total == 5)
        #expect(try #require(depth.oldestAge) < .seconds(30))
    }

    @Test func `goes on by itself after Redis lost everything`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(.numbered(1))
        let message = try #require(try await queue.receive(max: 1, block: .zero).first)
        try await fixture.redis.send("FLUSHALL")
        #expect(try await !queue.acknowledge(message))
        #expect(try await !queue.retry(message, after: .zero))
        #expect(try await queue.extend([message]).isEmpty)
        #expect(try await queue.reclaim(idle: .zero, max: 5).isEmpty)
        try await queue.publish(.numbered(2))
        #expect(try await queue.receive(max: 1, block: .zero).map(\.id) == ["2"])
    }

    @Test func `a waiting consumer goes on after Redis lost everything`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let consumer = Task {
            while true {
                if let message = try await queue.receive(max: 1, block: .seconds(30)).first { return message.id }
            }
        }
        for _ in 0..<3 {
            try await eventually {
                try await fixture.redis.send("INFO", "clients").string!.contains("blocked_clients:1")
            }
            try await fixture.redis.send("FLUSHALL")
        }
        try await queue.publish(.numbered(3))
        #expect(try await consumer.value == "3")
    }

    @Test func `goes on after Redis was killed and came back empty`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(.numbered(1))
        let wait = Task {
            _ = try await queue.receive(max: 2, block: .zero);
            return try await queue.receive(max: 1, block: .seconds(30))
        }
        try await eventually {
            try await fixture.redis.send("INFO", "clients").string!.contains("blocked_clients:1")
        }
        try await fixture.server.kill()
        await #expect(throws: RedisError.self) { try await wait.value }
        try await fixture.server.restart()
        try await eventually { try await queue.publish(.numbered(2)) }
        #expect(try await queue.receive(max: 1, block: .seconds(30)).map(\.id) == ["2"])
    }
}

/// Waits until the condition holds; what it throws counts as not yet.
func eventually(_ condition: () async throws -> Bool) async throws {
    while (try? await condition()) != true { try await Task.sleep(for: .milliseconds(2)) }
}
