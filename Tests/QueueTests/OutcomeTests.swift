import JSON
import Queue
import Redis
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OutcomeTests {
    @Test func `a retried message comes again after its delay with one attempt more`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(.numbered(1, .high))
        for attempt in 1...3 {
            let message = try #require(try await queue.receive(max: 1, block: .zero).first)
            #expect(message.attempt == attempt && message.id == "1" && message.priority == .high)
            #expect(message.body == ["number": 1])
            #expect(message.enqueuedAt == 1_800_000_000_000)
            #expect(try await queue.retry(message, after: .seconds(2)))
            #expect(try await queue.promoteDue() == .seconds(2))
            fixture.advance(by: .seconds(2))
            #expect(try await queue.promoteDue() == nil)
        }
    }

    @Test func `a postponed message comes again without an attempt counted`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(.numbered(1))
        for _ in 0..<3 {
            let message = try #require(try await queue.receive(max: 1, block: .zero).first)
            #expect(message.attempt == 1)
            #expect(try await queue.postpone(message, after: .zero))
            #expect(try await queue.promoteDue() == nil)
        }
    }

    @Test func `a killed message is among the dead letters with its reason, and can be driven again`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await queue.publish(contentsOf: [.numbered(1, .high), .numbered(2, .low)])
        for message in try await queue.receive(max: 2, block: .zero) {
            #expect(try await queue.kill(message, reason: "because \(message.id)"))
        }
        let dead = try await queue.deadLetters()
        #expect(dead.map(\.id) == ["2", "1"])
        #expect(dead.map(\.reason) == ["because 2", "because 1"])
        #expect(dead.map(\.priority) == [.low, .high])
        #expect(dead.map(\.attempts) == [1, 1])
        #expect(dead[1].body == ["number": 1])
        #expect(dead[1].diedAt == 1_800_000_000_000)
        #expect(try await queue.deadLetters(count: 1).map(\.id) == ["2"])
        #expect(try await queue.deadLetters(count: 1, after: dead[0].entry).map(\.id) == ["1"])

        #expect(try await queue.redrive([dead[1].entry, "1-1"]) == 1)
        let again = try #require(try await queue.receive(max: 2, block: .zero).first)
        #expect(again.id == "1" && again.attempt == 1 && again.priority == .high)
        #expect(try await queue.discard([dead[0].entry, dead[1].entry]) == 1)
        #expect(try await queue.deadLetters().isEmpty)
    }

    @Test func `a body that is not JSON becomes a dead letter and holds nobody up`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        try await fixture.redis.send("XADD", "queue:{work}:normal", "*", "id", "bad", "body", "{\"jobId\":")
        try await fixture.redis.send("XADD", "queue:{work}:normal", "*", "nothing", "at all")
        try await queue.publish(.numbered(1))
        #expect(try await queue.receive(max: 5, block: .zero).map(\.id) == ["1"])
        let dead = try await queue.deadLetters()
        #expect(dead.count == 2)
        #expect(dead.allSatisfy { $0.reason.contains("not JSON") && $0.body == nil })
    }

    @Test func `a thousand workers at once get each message exactly once`() async throws {
        let fixture = try await Fixture()
        try await fixture.queue().publish(contentsOf: (0..<1000).map { .numbered($0) })
        let ids = try await withThrowingTaskGroup(of: [String].self) { group in
            for worker in 0..<20 {
                group.addTask {
                    let queue = fixture.queue(consumer: "worker-\(worker)")
                    var ids: [String] = []
                    while true {
                        let messages = try await queue.receive(max: 7, block: .zero)
                        if messages.isEmpty { return ids }
                        for message in messages where try await queue.acknowledge(message) { ids.append(message.id) }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ids.count == 1000)
        #expect(Set(ids).count == 1000)
        #expect(try await fixture.queue().depth().total == 0)
    }
}
