import FunctionRuntime
import FunctionTesting
import Logging
import Redis
import Synchronization
import Testing

@testable import Hosting
@testable import Queue

/// A trouble is told of once, not each time that somebody notices it.
@Suite(.timeLimit(.minutes(1)))
struct OutageTests {
    private struct Away: Error {}

    /// A time that only the test moves.
    private final class Time: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(by duration: Duration) { instant.withLock { $0 += duration } }
    }

    private static func outage(_ lines: LogLines) -> (Outage, Time) {
        let time = Time()
        return (Outage("Redis is away", relief: "Redis is back", logger: lines.logger, now: { time.now }), time)
    }

    @Test func `one line when it begins, one a minute with a count, one when it is over`() {
        let lines = LogLines()
        let (outage, time) = Self.outage(lines)
        outage.isOver()
        for _ in 0..<119 {
            outage.noticed(Away())
            time.advance(by: .seconds(1))
        }
        #expect(
            lines.all == [
                "Redis is away; trying again until that changes.",
                "Redis is away, for 60 s now (noticed 60 more times).",
            ])
        outage.isOver()
        outage.isOver()
        #expect(lines.all.last == "Redis is back, after 119 s." && lines.all.count == 3)
    }

    @Test func `who notices late is an echo, unless it goes on`() {
        let lines = LogLines()
        let (outage, time) = Self.outage(lines)
        func notice() { outage.noticed(Away()) }
        notice()
        outage.isOver()
        notice()
        outage.isOver()
        #expect(lines.all.count == 2)
        notice()
        time.advance(by: .seconds(5))
        notice()
        outage.isOver()
        #expect(lines.all.count == 4)
        time.advance(by: .seconds(5))
        notice()
        #expect(lines.all.count == 5)
    }

    @Test func `triggers tell of a Redis that is away in one line, and in one that it is back`() async throws {
        let server = try await TemporaryRedis.start()
        let redis = try Redis(url: server.url)
        try await server.kill()
        let lines = LogLines()
        let outage = Outage(of: redis, setting: "REDIS_URL", logger: lines.logger)
        let invoker = TestInvoker()
        let queues = (0..<3).map { number in
            QueueTrigger(
                queue: Queue(redis, "outage-\(number)"), function: "Work", invoker: invoker,
                options: QueueTriggerOptions(concurrency: 1), redisOutage: outage, logger: lines.logger)
        }
        let timer = TimerTrigger(
            schedule: try Schedule("every 20ms"), function: "Tidy", invoker: invoker, claims: TimerClaims(redis),
            redisOutage: outage, logger: lines.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for queue in queues { group.addTask { try await queue.run() } }
            group.addTask { try await timer.run() }
            // Ticks are fired here while Redis is away: each has noticed it.
            try await eventually { invoker.invocations.count >= 20 }
            let address = "127.0.0.1:\(redis.configuration.port)"
            #expect(lines.all == ["Redis at \(address) (REDIS_URL) is away; trying again until that changes."])
            try await server.restart()
            try await eventually { lines.all.count == 2 }
            #expect(lines.all[1].hasPrefix("Redis at \(address) (REDIS_URL) is back, after "))
            group.cancelAll()
        }
    }

    @Test func `a call of a timer that fails again and again is told of once`() async throws {
        let lines = LogLines()
        let invoker = TestInvoker { (_, _) throws(InvocationFailure) in throw .function(.unavailable("no")) }
        let timer = TimerTrigger(
            schedule: try Schedule("every 10ms"), function: "Tidy", invoker: invoker, logger: lines.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await timer.run() }
            try await eventually { invoker.invocations.count >= 5 }
            group.cancelAll()
        }
        #expect(lines.all == ["The timer every 10ms of Tidy fails; trying again until that changes."])
    }

    @Test func `a queue that cannot be read is told of once`() async throws {
        let redis = try await Redis(url: TemporaryRedis.shared().url)
        let name = "wrong-\(UInt64.random(in: 0 ... .max))"
        let queue = Queue(redis, name)
        try await redis.send("SET", "queue:{\(name)}:normal", "no stream")
        let lines = LogLines()
        let trigger = QueueTrigger(
            queue: queue, function: "Work", invoker: TestInvoker(), options: QueueTriggerOptions(concurrency: 1),
            logger: lines.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await trigger.run() }
            try await eventually { lines.all.count >= 1 }
            try await redis.send("DEL", "queue:{\(name)}:normal")
            try await eventually { lines.all.count >= 2 }
            group.cancelAll()
        }
        #expect(lines.all[0] == "The queue \(name) cannot be read; trying again until that changes.")
        #expect(lines.all[1].hasPrefix("The queue \(name) can be read again, after "))
    }
}
