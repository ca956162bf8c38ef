import FunctionTesting
import JSON
import Queue
import Redis
import Synchronization

/// A queue on a server of its own, with a time of day that only the test moves.
final class Fixture: Sendable {
    let server: TemporaryRedis
    let redis: Redis
    private let time = Mutex<Int64>(1_800_000_000_000)

    init() async throws {
        server = try await TemporaryRedis.start()
        redis = try Redis(url: server.url)
    }

    func queue(consumer: String = "one", ageing: Duration = .seconds(10)) -> Queue {
        Queue(redis, "work", consumer: consumer, ageing: ageing) { self.time.withLock { $0 } }
    }

    /// In milliseconds since 1970.
    var now: Int64 { time.withLock { $0 } }

    func advance(by duration: Duration) {
        time.withLock { $0 += Int64(duration / .milliseconds(1)) }
    }

    /// Makes the lease of the message look as if nobody had renewed it for so long.
    func forget(_ message: LeasedMessage, for idle: Duration) async throws {
        let stream = "queue:{work}:\(message.priority.rawValue)"
        let pending = try await redis.send("XPENDING", stream, "functions", message.entry, message.entry, 1)
        let holder = try pending.expect(\.array)[0].expect(\.array)[1].expect(\.string)
        try await redis.send(
            "XCLAIM", stream, "functions", holder, 0, message.entry, "IDLE", Int64(idle / .milliseconds(1)), "JUSTID")
    }
}

extension QueueMessage {
    static func numbered(_ number: Int, _ priority: QueuePriority = .normal, delay: Duration? = nil) -> QueueMessage {
        QueueMessage(id: "\(number)", body: ["number": .integer(Int64(number))], priority: priority, delay: delay)
    }
}
