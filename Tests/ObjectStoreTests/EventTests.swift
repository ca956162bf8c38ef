import Dispatch
import Testing

@testable import ObjectStore

@Suite(.timeLimit(.minutes(1)))
struct EventTests {
    @Test func `every change is told once and in order`() async throws {
        let temporary = try TemporaryStore()
        try await temporary.store.createBucketIfMissing("b")
        var events = try await temporary.store.events.subscribe("functions").makeAsyncIterator()
        for number in 0..<300 { try await temporary.put("k\(number % 3)", "\(number)") }
        var last = ""
        for number in 0..<300 {
            let event = try #require(try await events.next())
            #expect(event.key == "k\(number % 3)")
            #expect(last < event.sequencer)
            last = event.sequencer
            try await temporary.store.events.acknowledge(event)
        }
        #expect(try await temporary.store.events.pendingCount() == 0)
    }

    @Test func `what was not acknowledged comes again`() async throws {
        let temporary = try TemporaryStore()
        try await temporary.store.createBucketIfMissing("b")
        var first = try await temporary.store.events.subscribe("functions").makeAsyncIterator()
        try await temporary.put("one")
        try await temporary.put("two")
        let one = try #require(try await first.next())
        _ = try await first.next()
        try await temporary.store.events.acknowledge(one)
        var second = try await temporary.store.events.subscribe("functions").makeAsyncIterator()
        #expect(try await second.next()?.key == "two")
        #expect(try await first.next() == nil, "a consumer has one reader")
    }

    @Test func `events are kept for a consumer from its own transaction on, also within one batch`() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        try await store.createBucketIfMissing("b")
        let gate = DispatchSemaphore(value: 0)
        // While the writer waits at the gate, the two others queue up behind it, in this order.
        let blocked = Task.immediate { try await store.write { _ in gate.wait() } }
        let subscription = Task.immediate { try await store.events.subscribe("functions") }
        let put = Task.immediate { try await temporary.put("k") }
        gate.signal()
        try await blocked.value
        _ = try await put.value
        var events = try await subscription.value.makeAsyncIterator()
        #expect(try await events.next()?.key == "k")
    }

    @Test func `flush returns when everything before it was acknowledged`() async throws {
        let temporary = try TemporaryStore()
        let events = temporary.store.events
        try await temporary.store.createBucketIfMissing("b")
        var iterator = try await events.subscribe("functions").makeAsyncIterator()
        try await events.flush()
        for number in 0..<10 { try await temporary.put("k\(number)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await events.flush()
                #expect(try await events.pendingCount() == 0)
            }
            for _ in 0..<10 {
                let event = try #require(try await iterator.next())
                try await events.acknowledge(event)
            }
            try await group.waitForAll()
        }
    }

    @Test func `a flush can be given up, before it waits and while it does`() async throws {
        let temporary = try TemporaryStore()
        let events = temporary.store.events
        try await temporary.store.createBucketIfMissing("b")
        var iterator = try await events.subscribe("functions").makeAsyncIterator()
        try await temporary.put("k")
        let waiting = Task { try await events.flush() }
        let other = Task { try await events.flush() }
        try await Task.sleep(for: .milliseconds(50))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let early = Task { try await events.flush() }
        early.cancel()
        await #expect(throws: CancellationError.self) { try await early.value }
        try await events.acknowledge(try #require(try await iterator.next()))
        try await other.value
    }

    @Test func `consumers of an earlier run are forgotten with their events, and no others`() async throws {
        let temporary = try TemporaryStore()
        let events = temporary.store.events
        try await temporary.store.createBucketIfMissing("b")
        for name in ["target:a", "target:b", "functions"] { _ = try await events.subscribe(name) }
        try await temporary.put("k")
        #expect(try await events.forgetConsumers(prefix: "target:", except: ["target:b"]) == ["target:a"])
        #expect(try await events.pendingCount() == 2)
    }

    @Test func `without a consumer nothing is kept`() async throws {
        let temporary = try TemporaryStore()
        try await temporary.store.createBucketIfMissing("b")
        try await temporary.put("k")
        #expect(try await temporary.store.events.pendingCount() == 0)
        var events = try await temporary.store.events.subscribe("functions").makeAsyncIterator()
        try await temporary.put("k")
        #expect(try await events.next()?.key == "k")
        try await temporary.store.events.unsubscribe("functions")
        #expect(try await temporary.store.events.pendingCount() == 0)
    }
}
