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
        private let refused = Mutex(0)
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

        /// An event whose acknowledgement fails a number of times.
        func send(_ id: String, _ key: String, refusals: Int) {
            let object = StoredObject(
                id: id, event: .created, time: Date(timeIntervalSince1970: 0), store: "s3", bucket: "darkroom",
                key: key, size: 1, etag: "e", contentType: nil, metadata: [:])
            continuation.yield(
                ObjectDelivery(object) {
                    let count = self.refused.withLock { count in
                        count += 1
                        return count
                    }
                    if count <= refusals { throw Refused() }
                    self.acknowledged.withLock { $0.append(id) }
                })
        }

        struct Refused: Error {}

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
            if calls.add(1, ordering: .relaxed).newValue < 3 { throw .function(.internal("not yet")) }
        }
        source.send("1", "a")
        source.finish()
        try await Self.trigger(source, [ObjectSubscription(function: "A", invoker: invoker)]).run()
        #expect(invoker.invocations.map(\.attempt) == [1, 2, 3])
        #expect(source.acknowledged.withLock { $0 } == ["1"])
    }

    @Test(
        arguments: [
            .function(.unavailable("no database")), .function(.timeout("no answer")),
            .crashed(.unknown(function: "A", instance: "A-1"), started: false),
        ] as [InvocationFailure])
    func `an outage costs no attempt, and the key's next event waits for its end`(_ outage: InvocationFailure)
        async throws
    {
        let source = Source()
        let calls = Atomic(0)
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            if calls.add(1, ordering: .relaxed).newValue <= 20 { throw outage }
        }
        source.send("1", "a")
        source.send("2", "a")
        source.finish()
        try await Self.trigger(source, [ObjectSubscription(function: "A", invoker: invoker)]).run()
        #expect(invoker.invocations.map(Self.id) == Array(repeating: "1", count: 21) + ["2"])
        #expect(invoker.invocations.allSatisfy { $0.attempt == 1 })
        #expect(source.acknowledged.withLock { $0 } == ["1", "2"])
    }

    @Test func `an event that a stopping pool gave back goes to the pool that took over, and to nobody twice`()
        async throws
    {
        let source = Source()
        let isReplaced = Atomic(false)
        let (other, new) = (TestInvoker(), TestInvoker())
        let old = TestInvoker { (_, _) throws(InvocationFailure) in
            isReplaced.store(true, ordering: .relaxed)
            throw .unavailable(.stopping)
        }
        let trigger = ObjectTrigger(
            source: source,
            subscriptions: {
                let pool = isReplaced.load(ordering: .relaxed) ? new : old
                return [
                    ObjectSubscription(function: "A", invoker: pool), ObjectSubscription(function: "B", invoker: other),
                ]
            }, retry: RetryPolicy(base: .milliseconds(1), limit: .milliseconds(2)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        source.send("1", "a")
        source.send("2", "a")
        source.finish()
        try await trigger.run()
        #expect(old.invocations.map(Self.id) == ["1"])
        #expect(new.invocations.map(Self.id) == ["1", "2"])
        #expect(other.invocations.map(Self.id) == ["1", "2"])
        #expect(source.acknowledged.withLock { $0 } == ["1", "2"])
    }

    @Test func `an acknowledgement that fails is tried again, without another call`() async throws {
        let source = Source()
        let invoker = TestInvoker()
        source.send("1", "a", refusals: 3)
        source.send("2", "a")
        source.finish()
        try await Self.trigger(source, [ObjectSubscription(function: "A", invoker: invoker)]).run()
        #expect(invoker.invocations.map(Self.id) == ["1", "2"])
        #expect(source.acknowledged.withLock { $0 } == ["1", "2"])
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
