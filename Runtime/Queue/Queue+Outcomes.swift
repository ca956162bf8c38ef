internal import Redis

extension Queue {
    /// The work is done: the message is gone.
    /// - Returns: false when it was finished before, by another worker that had taken over the lease.
    @discardableResult
    package func acknowledge(_ message: LeasedMessage) async throws -> Bool {
        try await finish(QueueScripts.acknowledge, keys: [keys.stream(message.priority)], [message.entry])
    }

    /// The attempt failed: the message comes again later, with one attempt more.
    /// - Returns: false when the lease was lost: then the message is another worker's, and nothing was changed.
    @discardableResult
    package func retry(_ message: LeasedMessage, after delay: Duration) async throws -> Bool {
        try await schedule(message, after: delay, attempts: message.attempt)
    }

    /// The attempt did not take place: the message comes again later, and nothing is counted.
    @discardableResult
    package func postpone(_ message: LeasedMessage, after delay: Duration) async throws -> Bool {
        try await schedule(message, after: delay, attempts: message.attempt - 1)
    }

    /// Gives the lease back without an attempt being counted. The message keeps its place: the next `reclaim` of any
    /// consumer takes it, before everything that waits.
    @discardableResult
    package func release(_ message: LeasedMessage) async throws -> Bool {
        try await finish(
            QueueScripts.release, keys: [keys.stream(message.priority)], [consumer, message.entry, message.deliveries])
    }

    /// Gives the message up: it goes to the dead letters.
    /// - Parameters:
    ///   - attempts: how many were made; nil: this one was the last.
    ///   - reason: a sentence for whoever looks at the dead letters.
    @discardableResult
    package func kill(_ message: LeasedMessage, reason: String, attempts: Int? = nil) async throws -> Bool {
        try await finish(
            QueueScripts.kill, keys: [keys.stream(message.priority), keys.dead],
            [
                consumer, message.entry, message.deliveries, attempts ?? message.attempt, reason, now(),
                message.priority.rawValue,
            ])
    }

    private func schedule(_ message: LeasedMessage, after delay: Duration, attempts: Int) async throws -> Bool {
        try await finish(
            QueueScripts.retry, keys: [keys.stream(message.priority), keys.delayed],
            [
                consumer, message.entry, message.deliveries, attempts, now() + delay.milliseconds,
                message.priority.rawValue,
            ])
    }

    private func finish(
        _ script: RedisScript, keys: [String], _ arguments: [any RedisArgument]
    ) async throws -> Bool {
        try await redis.script(script, keys: keys, arguments: arguments).expect(\.integer) == 1
    }
}
