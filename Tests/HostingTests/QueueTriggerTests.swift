import FunctionRuntime
import FunctionTesting
import JSON
import Logging
import Redis
import ServiceLifecycle
import Synchronization
import Testing

@testable import Hosting
@testable import Queue

@Suite(.timeLimit(.minutes(1)))
struct QueueTriggerTests {
    /// A queue of its own name on the server that the tests share.
    private static func queue(consumer: String = Queue.uniqueConsumer()) async throws -> Queue {
        let redis = try await Redis(url: TemporaryRedis.shared().url)
        return Queue(redis, "work-\(UInt64.random(in: 0 ... .max))", consumer: consumer)
    }

    private static func trigger(
        _ queue: Queue, _ invoker: TestInvoker, concurrency: Int = 4, attempts: Int = 5,
        lease: Duration = .seconds(15), drain: Duration = .seconds(10),
        clock: any Clock<Duration> = ContinuousClock()
    ) -> QueueTrigger {
        QueueTrigger(
            queue: queue, function: "Work", invoker: invoker,
            options: QueueTriggerOptions(
                concurrency: concurrency, attempts: attempts, lease: lease,
                retry: RetryPolicy(base: .milliseconds(1), limit: .milliseconds(2)), drain: drain),
            clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs the trigger while the body does.
    private static func running(_ trigger: QueueTrigger, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await trigger.run() }
            try await body()
            group.cancelAll()
        }
    }

    private static func message(_ id: String) -> QueueMessage { QueueMessage(id: id, body: ["jobId": .string(id)]) }

    @Test func `calls the function with each message and acknowledges it`() async throws {
        let queue = try await Self.queue()
        let invoker = TestInvoker()
        let trigger = Self.trigger(queue, invoker)
        try await Self.running(trigger) {
            for number in 0..<50 { try await queue.publish(Self.message("\(number)")) }
            try await eventually { trigger.counts.acknowledged == 50 }
        }
        #expect(try await queue.depth().total == 0)
        #expect(Set(invoker.invocations.map(\.attempt)) == [1])
        let ids = invoker.invocations.compactMap { invocation -> String? in
            guard case .queue(let message) = invocation.event, message.queue == queue.name else { return nil }
            return message.body["jobId"]?.string == message.id ? message.id : nil
        }
        #expect(Set(ids).count == 50)
    }

    @Test func `never runs more than its concurrency, and fills it`() async throws {
        let queue = try await Self.queue()
        let running = Atomic(0)
        let most = Atomic(0)
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            let now = running.add(1, ordering: .relaxed).newValue
            most.max(now, ordering: .relaxed)
            while most.load(ordering: .relaxed) < 3 { await Task.yield() }
            running.subtract(1, ordering: .relaxed)
        }
        let trigger = Self.trigger(queue, invoker, concurrency: 3)
        try await queue.publish(contentsOf: (0..<100).map { Self.message("\($0)") })
        try await Self.running(trigger) { try await eventually { trigger.counts.acknowledged == 100 } }
        #expect(most.load(ordering: .relaxed) == 3)
    }

    @Test func `tries again after a failure, counting attempts, and gives up with the reason`() async throws {
        let queue = try await Self.queue()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in throw .function(.upstream("no answer")) }
        let trigger = Self.trigger(queue, invoker, attempts: 3)
        try await queue.publish(Self.message("a"))
        try await Self.running(trigger) { try await eventually { trigger.counts.killed == 1 } }
        #expect(invoker.invocations.map(\.attempt) == [1, 2, 3])
        let dead = try #require(try await queue.deadLetters().first)
        #expect(dead.id == "a" && dead.attempts == 3)
        #expect(dead.reason == "attempt 3 of 3 failed: upstream: no answer")
    }

    @Test func `gives up at once what can never succeed`() async throws {
        let queue = try await Self.queue()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in throw .function(.invalid("no such job")) }
        let trigger = Self.trigger(queue, invoker)
        try await queue.publish(Self.message("a"))
        try await Self.running(trigger) { try await eventually { trigger.counts.killed == 1 } }
        #expect(invoker.invocations.count == 1)
        #expect(try await queue.deadLetters().map(\.reason) == ["invalid: no such job"])
    }

    @Test func `counts no attempt when the function could not begin`() async throws {
        let queue = try await Self.queue()
        let calls = Atomic(0)
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            if calls.add(1, ordering: .relaxed).newValue < 8 { throw .unavailable(.cannotStart("no database")) }
        }
        let trigger = Self.trigger(queue, invoker, attempts: 2)
        try await queue.publish(Self.message("a"))
        try await Self.running(trigger) { try await eventually { trigger.counts.acknowledged == 1 } }
        #expect(invoker.invocations.map(\.attempt) == Array(repeating: 1, count: 8))
    }

    @Test func `finds the poisonous message, and the innocent lose no attempt`() async throws {
        let queue = try await Self.queue()
        // A process: everything that is in flight crashes together with the poison.
        let process = FakeProcess(poison: "poison")
        let invoker = TestInvoker { (invocation, _) throws(InvocationFailure) in try await process.run(invocation) }
        let trigger = Self.trigger(queue, invoker, concurrency: 4, attempts: 2)
        try await queue.publish(contentsOf: ["a", "poison", "b", "c"].map(Self.message))
        try await Self.running(trigger) {
            try await eventually { trigger.counts.killed == 1 && trigger.counts.acknowledged == 3 }
        }
        #expect(try await queue.deadLetters().map(\.id) == ["poison"])
        let attempts = Dictionary(grouping: invoker.invocations) { invocation -> String in
            guard case .queue(let message) = invocation.event else { return "" }
            return message.id
        }.mapValues { $0.map(\.attempt).max() }
        #expect(attempts == ["a": 1, "b": 1, "c": 1, "poison": 2])
        #expect(trigger.counts.isolated >= 3)
    }

    @Test func `renews the leases of what runs`() async throws {
        let queue = try await Self.queue()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in await Self.untilCanceled() }
        let trigger = Self.trigger(queue, invoker, lease: .milliseconds(400), drain: .zero)
        let other = Queue(queue.redis, queue.name, consumer: "other")
        try await queue.publish(Self.message("a"))
        try await Self.running(trigger) {
            try await eventually { invoker.invocations.count == 1 }
            // Longer than the lease: without renewal the other would take it over.
            let end = ContinuousClock.now + .seconds(1)
            while .now < end {
                #expect(try await other.reclaim(idle: .milliseconds(320), max: 1).isEmpty)
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func `progress renews a lease, even when the clock stands still`() async throws {
        let queue = try await Self.queue()
        let invoker = TestInvoker { (_, control) throws(InvocationFailure) in
            while !Task.isCancelled {
                control.onProgress?(InvocationProgress(value: 0.5))
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        // With one message at work there is no room, and with a clock that stands still no renewal by time.
        let trigger = Self.trigger(queue, invoker, concurrency: 1, lease: .milliseconds(400), clock: ManualTime())
        let other = Queue(queue.redis, queue.name, consumer: "other")
        try await queue.publish(Self.message("a"))
        try await Self.running(trigger) {
            try await eventually { invoker.invocations.count == 1 }
            let end = ContinuousClock.now + .seconds(1)
            while .now < end {
                #expect(try await other.reclaim(idle: .milliseconds(320), max: 1).isEmpty)
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func `takes over what a dead host held, within the lease`() async throws {
        let queue = try await Self.queue()
        let dead = Queue(queue.redis, queue.name, consumer: "dead")
        try await dead.publish(Self.message("a"))
        #expect(try await dead.receive(max: 1, block: .zero).count == 1)
        let invoker = TestInvoker()
        let trigger = Self.trigger(queue, invoker, lease: .milliseconds(600))
        let start = ContinuousClock.now
        try await Self.running(trigger) { try await eventually { trigger.counts.acknowledged == 1 } }
        #expect(.now - start < .seconds(2))
        #expect(invoker.invocations.map(\.attempt) == [2])
    }

    @Test func `gives up a message that its hosts died of`() async throws {
        let queue = try await Self.queue()
        try await queue.redis.send(
            "XADD", "queue:{\(queue.name)}:normal", "*", "id", "a", "body", "{}", "attempt", 2)
        let invoker = TestInvoker()
        let trigger = Self.trigger(queue, invoker, attempts: 2)
        try await Self.running(trigger) { try await eventually { trigger.counts.killed == 1 } }
        #expect(invoker.invocations.isEmpty)
        let dead = try #require(try await queue.deadLetters().first)
        #expect(dead.reason.contains("the host ended 2 times"))
        #expect(dead.attempts == 2)
    }

    @Test func `gives messages back at once when it stops, without an attempt counted`() async throws {
        let queue = try await Self.queue()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            await Self.untilCanceled()
            throw .canceled(.drain)
        }
        let trigger = Self.trigger(queue, invoker)
        try await queue.publish(contentsOf: [Self.message("a"), Self.message("b")])
        try await Self.running(trigger) { try await eventually { invoker.invocations.count == 2 } }
        #expect(trigger.counts.released == 2)
        let next = TestInvoker()
        let other = Self.trigger(Queue(queue.redis, queue.name, consumer: "other"), next)
        try await Self.running(other) { try await eventually { other.counts.acknowledged == 2 } }
        #expect(next.invocations.map(\.attempt) == [1, 1])
    }

    @Test func `finishes what runs when the service group stops, and takes nothing more`() async throws {
        let queue = try await Self.queue()
        let mayFinish = Atomic(false)
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            while !mayFinish.load(ordering: .relaxed) { await Task.yield() }
        }
        let trigger = Self.trigger(queue, invoker, concurrency: 1)
        try await queue.publish(contentsOf: [Self.message("a"), Self.message("b")])
        let group = ServiceGroup(
            services: [trigger], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        async let run: Void = group.run()
        try await eventually { invoker.invocations.count == 1 }
        await group.triggerGracefulShutdown()
        try await eventually { trigger.isDraining }
        mayFinish.store(true, ordering: .relaxed)
        try await run
        #expect(trigger.counts.acknowledged == 1)
        #expect(invoker.invocations.count == 1)
        #expect(try await queue.depth().total == 1)
    }

    @Test func `takes back what does not finish within the drain time`() async throws {
        let queue = try await Self.queue()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            await Self.untilCanceled()
            throw .canceled(.drain)
        }
        let trigger = Self.trigger(queue, invoker, drain: .milliseconds(20))
        try await queue.publish(Self.message("a"))
        let group = ServiceGroup(
            services: [trigger], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        async let run: Void = group.run()
        try await eventually { invoker.invocations.count == 1 }
        await group.triggerGracefulShutdown()
        try await run
        #expect(trigger.counts.released == 1)
    }

    @Test func `takes nothing while it is paused`() async throws {
        let queue = try await Self.queue()
        let invoker = TestInvoker()
        let trigger = Self.trigger(queue, invoker)
        trigger.pause()
        try await Self.running(trigger) {
            try await queue.publish(Self.message("a"))
            #expect(try await queue.depth().total == 1)
            trigger.resume()
            try await eventually { trigger.counts.acknowledged == 1 }
            // Paused in the middle of a read: what it brings is given back. Between two reads: nothing is read.
            trigger.pause()
            try await queue.publish(Self.message("b"))
            try await eventually {
                if trigger.counts.released == 1 { return true }
                return try await queue.depth().ready[.normal] == 1
            }
            #expect(invoker.invocations.count == 1)
            trigger.resume()
            try await eventually { trigger.counts.acknowledged == 2 }
        }
    }

    @Test func `goes on after Redis was killed and came back empty`() async throws {
        let server = try await TemporaryRedis.start()
        let queue = Queue(try Redis(url: server.url), "work")
        let invoker = TestInvoker()
        let trigger = Self.trigger(queue, invoker)
        try await Self.running(trigger) {
            try await queue.publish(Self.message("a"))
            try await eventually { trigger.counts.acknowledged == 1 }
            try await server.kill()
            try await server.restart()
            try await eventually { (try? await queue.publish(Self.message("b"))) == true }
            try await eventually { trigger.counts.acknowledged == 2 }
        }
    }

    private static func untilCanceled() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
    }
}

/// What a process does with several calls at once when one of them is poisonous: all of them crash.
private actor FakeProcess {
    private let poison: String
    private var inFlight: [String: CheckedContinuation<CrashReport?, Never>] = [:]

    init(poison: String) {
        self.poison = poison
    }

    func run(_ invocation: Invocation) async throws(InvocationFailure) {
        guard case .queue(let message) = invocation.event else { return }
        let report = await withCheckedContinuation { continuation in
            inFlight[message.id] = continuation
            Task { await self.advance() }
        }
        if let report { throw .crashed(report, started: true) }
    }

    /// The poison crashes everything; without it everything is answered.
    private func advance() async {
        for _ in 0..<100 { await Task.yield() }
        let calls = inFlight
        inFlight = [:]
        var report: CrashReport?
        if calls[poison] != nil {
            report = CrashReport(
                function: "Work", instance: "Work-1", processIdentifier: 1, ending: .signalled(11), standardError: [],
                inFlight: Array(calls.keys), started: Array(calls.keys))
        }
        for continuation in calls.values { continuation.resume(returning: report) }
    }
}
