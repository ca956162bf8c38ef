internal import FoundationEssentials
package import FunctionRuntime
internal import JSON
package import Queue
package import Redis

/// The queue whose messages wake GenerateImage.
package struct GenerateQueue: Sendable {
    package static let name = "generate"
    package let queue: Queue

    package init(_ redis: Redis) {
        queue = Queue(redis, Self.name)
    }

    /// Publishes wake-ups at once. They are in the outbox as well: when Redis is away the relay brings them later, and the caller
    /// need not fail for it.
    ///
    /// - Returns: whether Redis took them.
    @discardableResult
    package func publish(_ wakeUps: [WakeUp], log: Log) async -> Bool {
        do {
            try await publish(wakeUps)
            return true
        } catch {
            log.warning("Redis did not take the wake-up; the outbox relay will bring it", ["error": "\(error)"])
            return false
        }
    }

    /// Publishes wake-ups, or throws `RedisError`.
    package func publish(_ wakeUps: [WakeUp]) async throws {
        let (now, later) = (wakeUps.filter { $0.delay <= .zero }, wakeUps.filter { $0.delay > .zero })
        try await queue.publish(contentsOf: now.map(\.message))
        for wakeUp in later { try await queue.publish(wakeUp.message) }
    }
}

extension WakeUp {
    fileprivate var message: QueueMessage {
        QueueMessage(
            id: id.text, body: ["jobId": .string(job.text)], priority: priority.queue,
            delay: delay > .zero ? delay : nil)
    }
}

extension JobPriority {
    fileprivate var queue: QueuePriority {
        switch self {
        case .high: .high
        case .normal: .normal
        case .low: .low
        }
    }
}
