import FoundationEssentials
import FunctionRuntime
import Logging
import Queue
import Synchronization
import Testing

@testable import Hosting

@Suite(.timeLimit(.minutes(1)))
struct ObjectTriggerTests {
    /// Events that the test makes; knows which were acknowledged.
    private final class Source: ObjectEventSource {
        let acknowledged = Mutex<[String]>([])
        private let stream: AsyncThrowingStream<ObjectDelivery, any Error>
        private let continuation: AsyncThrowingStream<ObjectDelivery, any Error>.Continuation

        init() {
            (stream, continuation) = AsyncThrowingStream.makeStream()
        }

        func deliveries() -> AsyncThrowingStream<ObjectDelivery, any Error> { stream }

        func send(_ id: String, _ key: String, _ event: StoredObject.Change = .created) {
            let object = StoredObject(
                id: id, event: event, time: Date(timeIntervalSince1970: 0), store: "s3", bucket: "darkroom", key: key,
                size: 1, etag: "e", contentType: nil, metadata: [:])
            continuation.yield(ObjectDelivery(object) { self.acknowledged.withLock { $0.append(id) } })
        }

        func finish(throwing error: (any Error)? = nil) { continuation.finish(throwing: error) }
    }

    private static func trigger(
        _ source: Source, _ subscriptions: [ObjectSubscription], concurrency: Int = 8, attempts: Int = 3
    ) -> ObjectTrigger {
        ObjectTrigger(
            source: source, subscriptions: { subscriptions }, concurrency: concurrency, attempts: attempts,
            retry: RetryPolicy(base: .milliseconds(1), limit: .milliseconds(2)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func id(_ invocation: Invocation) -> String {
        if case .object(let object) = invocation.event { object.id } else { "" }
    }

    @Test func `calls the functions that want the object, and acknowledges every event`() async throws {
        let source = Source()
        let (uploads, pictures, deletions) = (TestInvoker(), TestInvoker(), TestInvoker())
        let trigger = Self.trigger(
            source,
            [
                ObjectSubscription(function: "A", prefix: "uploads/", invoker: uploads),
                ObjectSubscription(function: "B", suffix: ".png", invoker: pictures),
                ObjectSubscription(function: "C", prefix: "uploads/", events: [.deleted], invoker: deletions),
            ])
        source.send("1", "uploads/a.png")
        source.send("2", "results/b.png")
        source.send("3", "uploads/c.txt")
        source.send("4", "uploads/a.png", .deleted)
        source.send("5", "else")
        source.finish()
        try await trigger.run()
        #expect(Set(uploads.invocations.map(Self.id)) == ["1", "3"])
        #expect(Set(pictures.invocations.map(Self.id)) == ["1", "2"])
        #expect(deletions.invocations.map(Self.id) == ["4"])
        #expect(source.acknowledged.withLock { $0.sorted() } == ["1", "2", "3", "4", "5"])
    }

    @Test func `keeps the order of each key, and runs different keys side by side`() async throws {
        let source = Source()
        let together = Atomic(0)
        let invoker = TestInvoker { (invocation, _) throws(InvocationFailure) in
            // The first event of both keys is at work at the same time, or this would never end.
            guard ["a0", "b0"].contains(Self.id(invocation)) else { return }
            together.add(1, ordering: .relaxed)
            while together.load(ordering: .relaxed) < 2 { await Task.yield() }
        }
        let trigger = Self.trigger(source, [ObjectSubscription(function: "A", invoker: invoker)])
        for number in 0..<20 {
            source.send("a\(number)", "a")
            source.send("b\(number)", "b")
        }
        source.finish()
        try await trigger.run()
        for key in ["a", "b"] {
            let ids = invoker.invocations.map(Self.id).filter { $0.hasPrefix(key) }
            #expect(ids == (0..<20).map { "\(key)\($0)" })
        }
    }

    @Test func `tries again, and acknowledges after success`() async throws {
        let source = Source()
        let calls = Atomic(0)
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            if calls.add(1, ordering: .relaxed).newValue < 3 { throw .function(.unavailable("not yet")) }
        }
        source.send("1", "a")
        source.finish()
        try await Self.trigger(source, [ObjectSubscription(function: "A", invoker: invoker)]).run()
        #expect(invoker.invocations.map(\.attempt) == [1, 2, 3])
        #expect(source.acknowledged.withLock { $0 } == ["1"])
    }

    @Test(arguments: [(Failure.internal("no"), 3), (Failure.invalid("no"), 1)])
    func `gives an event up after its attempts, and goes on with the next`(failure: Failure, calls: Int) async throws {
        let source = Source()
        let invoker = TestInvoker { (invocation, _) throws(InvocationFailure) in
            if Self.id(invocation) == "1" { throw .function(failure) }
        }
        source.send("1", "a")
        source.send("2", "a")
        source.finish()
        try await Self.trigger(source, [ObjectSubscription(function: "A", invoker: invoker)]).run()
        #expect(invoker.invocations.map(Self.id) == Array(repeating: "1", count: calls) + ["2"])
        #expect(source.acknowledged.withLock { $0 } == ["1", "2"])
    }

    @Test func `does not acknowledge what it was stopped in`() async throws {
        let source = Source()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            while !Task.isCancelled { await Task.yield() }
            throw .canceled(.drain)
        }
        source.send("1", "a")
        let trigger = Self.trigger(source, [ObjectSubscription(function: "A", invoker: invoker)])
        let run = Task { try await trigger.run() }
        try await eventually { invoker.invocations.count == 1 }
        run.cancel()
        _ = await run.result
        #expect(source.acknowledged.withLock { $0.isEmpty })
    }

    @Test func `takes in no more events than it may`() async throws {
        let source = Source()
        let mayFinish = Atomic(false)
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            while !mayFinish.load(ordering: .relaxed) { await Task.yield() }
        }
        for number in 0..<10 { source.send("\(number)", "key \(number)") }
        source.finish()
        let trigger = Self.trigger(source, [ObjectSubscription(function: "A", invoker: invoker)], concurrency: 2)
        async let run: Void = trigger.run()
        try await eventually { invoker.invocations.count == 2 }
        for _ in 0..<200 { await Task.yield() }
        #expect(invoker.invocations.count == 2)
        mayFinish.store(true, ordering: .relaxed)
        try await run
        #expect(invoker.invocations.count == 10)
    }

    @Test func `fails when its source does`() async throws {
        struct Broken: Error {}
        let source = Source()
        source.finish(throwing: Broken())
        await #expect(throws: Broken.self) { try await Self.trigger(source, []).run() }
    }
}
