import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import Logging
import Redis
import Synchronization
import Testing

@testable import Hosting

@Suite(.timeLimit(.minutes(1)))
struct TimerTriggerTests {
    private static func trigger(
        _ schedule: String, _ time: ManualTime, _ invoker: TestInvoker, function: String = "Tidy",
        claims: TimerClaims? = nil
    ) throws -> TimerTrigger {
        try TimerTrigger(
            schedule: Schedule(schedule), function: function, invoker: invoker, claims: claims, clock: time,
            now: { time.milliseconds }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// The due times of the calls, in milliseconds since the test's beginning.
    private static func dues(_ invoker: TestInvoker) -> [Int64] {
        invoker.invocations.map { invocation in
            guard case .timer(let tick) = invocation.event else { return -1 }
            return Int64(tick.due.timeIntervalSince1970 * 1000) - ManualTime.beginning
        }
    }

    private static func running(_ triggers: [TimerTrigger], _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for trigger in triggers { group.addTask { try await trigger.run() } }
            try await body()
            group.cancelAll()
        }
    }

    @Test func `fires when it is due, not before`() async throws {
        let time = ManualTime()
        let invoker = TestInvoker()
        try await Self.running([Self.trigger("every 5s", time, invoker)]) {
            await time.advance(by: .milliseconds(4999))
            #expect(invoker.invocations.isEmpty)
            await time.advance(by: .milliseconds(1))
            try await eventually { invoker.invocations.count == 1 }
            await time.advance(by: .seconds(5))
            try await eventually { invoker.invocations.count == 2 }
        }
        #expect(Self.dues(invoker) == [5000, 10_000])
        guard case .timer(let tick) = invoker.invocations[0].event else { return }
        #expect(tick.schedule == "every 5s")
    }

    @Test func `never overlaps itself, and fires once for all that it missed`() async throws {
        let time = ManualTime()
        let isBusy = Atomic(true)
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            while isBusy.load(ordering: .relaxed) && !Task.isCancelled { await Task.yield() }
        }
        try await Self.running([Self.trigger("every 5s", time, invoker)]) {
            await time.advance(by: .seconds(5))
            try await eventually { invoker.invocations.count == 1 }
            time.jump(by: .seconds(17))
            #expect(invoker.invocations.count == 1)
            isBusy.store(false, ordering: .relaxed)
            try await eventually { invoker.invocations.count == 2 }
            await time.advance(by: .seconds(3))
            try await eventually { invoker.invocations.count == 3 }
        }
        #expect(Self.dues(invoker) == [5000, 20_000, 25_000])
    }

    @Test func `a failed call does not stop the timer`() async throws {
        let time = ManualTime()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in throw .function(.internal("no")) }
        try await Self.running([Self.trigger("every 1m", time, invoker)]) {
            for count in 1...3 {
                await time.advance(by: .seconds(60))
                try await eventually { invoker.invocations.count == count }
            }
        }
    }

    @Test func `several hosts fire once`() async throws {
        let time = ManualTime()
        let redis = try await Redis(url: TemporaryRedis.shared().url)
        let invoker = TestInvoker()
        let function = "Tidy-\(UInt64.random(in: 0 ... .max))"
        let hosts = try (0..<5).map { _ in
            try Self.trigger("every 5s", time, invoker, function: function, claims: TimerClaims(redis))
        }
        try await Self.running(hosts) {
            for count in 1...4 {
                await time.advance(by: .seconds(5), sleepers: 5)
                try await eventually { invoker.invocations.count == count }
            }
            // All hosts have asked and sleep again.
            await time.untilAsleep(5)
        }
        #expect(Self.dues(invoker) == [5000, 10_000, 15_000, 20_000])
    }

    @Test func `fires here when Redis is away`() async throws {
        let time = ManualTime()
        let server = try await TemporaryRedis.start()
        try await server.kill()
        let invoker = TestInvoker()
        let claims = try TimerClaims(Redis(url: server.url))
        try await Self.running([Self.trigger("every 5s", time, invoker, claims: claims)]) {
            await time.advance(by: .seconds(5))
            try await eventually { invoker.invocations.count == 1 }
        }
    }

    @Test func `fires by hand, and then too never beside itself`() async throws {
        let time = ManualTime()
        let running = Atomic(0)
        let most = Atomic(0)
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in
            most.max(running.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
            for _ in 0..<50 { await Task.yield() }
            running.subtract(1, ordering: .relaxed)
        }
        let trigger = try Self.trigger("every 5s", time, invoker)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { try await trigger.fire() } }
            try await group.waitForAll()
        }
        #expect(invoker.invocations.count == 10)
        #expect(most.load(ordering: .relaxed) == 1)
    }
}
