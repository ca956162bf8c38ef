import Foundation
import FunctionTesting
import Queue
import Redis
import Testing

/// Figures, not checks: `QUEUE_FIGURES=1 swift test -c release --filter QueueThroughput` prints them.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["QUEUE_FIGURES"] != nil), .serialized)
struct QueueThroughputTests {
    private static let clock = ContinuousClock()

    private static func report(_ what: String, _ count: Int, _ duration: Duration) {
        print("\(what): \(Int(Double(count) / (duration / .seconds(1)))) a second")
    }

    @Test(arguments: [1, 32, 256])
    func `commands a second`(callers: Int) async throws {
        let fixture = try await Fixture()
        let redis = fixture.redis
        try await redis.send("PING")
        let rounds = callers == 1 ? 10_000 : 100_000 / callers
        let duration = try await Self.clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<callers {
                    group.addTask { for _ in 0..<rounds { try await redis.send("SET", "key", "value") } }
                }
                try await group.waitForAll()
            }
        }
        Self.report("SET with \(callers) callers", rounds * callers, duration)
    }

    @Test func `messages a second`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        let count = 50_000
        let published = try await Self.clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<64 {
                    group.addTask {
                        for number in 0..<count / 64 { try await queue.publish(.numbered(caller * 1000 + number)) }
                    }
                }
                try await group.waitForAll()
            }
        }
        Self.report("publish with 64 callers", count / 64 * 64, published)
        let received = try await Self.clock.measure {
            while true {
                let messages = try await queue.receive(max: 64, block: .zero)
                if messages.isEmpty { return }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for message in messages { group.addTask { try await queue.acknowledge(message) } }
                    try await group.waitForAll()
                }
            }
        }
        Self.report("receive by 64 and acknowledge each", count / 64 * 64, received)
    }

    @Test func `the time from publishing to receiving when idle`() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue()
        var latencies: [Duration] = []
        for number in 0..<1000 {
            async let received = queue.receive(max: 1, block: .seconds(10))
            try await eventually {
                try await fixture.redis.send("INFO", "clients").string!.contains("blocked_clients:1")
            }
            let start = Self.clock.now
            try await queue.publish(.numbered(number))
            _ = try await received
            latencies.append(Self.clock.now - start)
        }
        latencies.sort()
        print("publish to receive: p50 \(latencies[500]), p95 \(latencies[950])")
    }
}
