internal import JSON
package import Redis

/// A queue of messages over Redis streams: at least once, in three priorities, with leases, delayed retries and dead
/// letters.
///
/// A message is taken under a lease: the time for which its stream entry has been idle in the consumer group. The holder
/// renews it (`extend`) while it works and ends it with `acknowledge`, `retry`, `release` or `kill`. A lease that nobody
/// renewed is taken over by whoever calls `reclaim`. Redis may lose everything: the group comes back by itself, and
/// publishing again what the database knows to be undone is the publisher's part.
///
///     let queue = Queue(redis, "generate")
///     try await queue.publish(QueueMessage(id: id, body: ["jobId": .string(id)]))
///     for message in try await queue.receive(max: 16, block: .seconds(5)) {
///         try await queue.acknowledge(message)
///     }
package struct Queue: Sendable {
    package let name: String
    /// Who takes messages: one name for each process.
    package let consumer: String
    /// After this time of waiting a message of a lower priority is aged: every fourth message taken is an aged one, as
    /// long as there are any, so that high keeps three quarters and low is never starved.
    package let ageing: Duration
    package let redis: Redis
    let keys: QueueKeys
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - consumer: unique among all processes that take from this queue.
    ///   - now: the time of day in milliseconds since 1970, by which delayed messages become due.
    package init(
        _ redis: Redis, _ name: String, consumer: String = Queue.uniqueConsumer(), ageing: Duration = .seconds(10),
        now: @escaping @Sendable () -> Int64 = Queue.systemTime
    ) {
        self.redis = redis
        self.name = name
        self.consumer = consumer
        self.ageing = ageing
        self.now = now
        keys = QueueKeys(name: name)
    }

    // MARK: Publishing

    /// Adds a message.
    /// - Returns: whether it was added: false only when its id was seen within `onceWithin`.
    /// - Throws: `RedisError`. After `connectionLost` it may have been added: publish it again when twice is better than
    ///   never, as it is for everything that is idempotent.
    @discardableResult
    package func publish(_ message: QueueMessage) async throws -> Bool {
        guard message.delay != nil || message.onceWithin != nil else {
            try await redis.send(addition(of: message))
            return true
        }
        let due = message.delay.map { String(now() + $0.milliseconds) } ?? ""
        let window = message.onceWithin.map { String(max(1, $0.milliseconds)) } ?? ""
        let reply = try await redis.script(
            QueueScripts.publish, keys: [keys.stream(message.priority), keys.delayed, keys.seen(message.id)],
            arguments: [message.id, message.body.serialized, now(), message.priority.rawValue, due, window])
        return try reply.expect(\.integer) == 1
    }

    /// Adds messages that are neither delayed nor unique, in one round trip.
    package func publish(contentsOf messages: [QueueMessage]) async throws {
        for reply in try await redis.pipeline(messages.map(addition)) { _ = try reply.get() }
    }

    private func addition(of message: QueueMessage) -> RedisCommand {
        RedisCommand(
            "XADD", keys.stream(message.priority), "*", "body", message.body.serialized, "id", message.id,
            "enqueued", now(), "attempt", "0")
    }

    /// Moves the delayed messages whose time has come to their streams.
    /// - Returns: how long it is until the next one; nil when there is none.
    package func promoteDue() async throws -> Duration? {
        while true {
            let reply = try await redis.script(
                QueueScripts.promote, keys: [keys.delayed] + keys.streams, arguments: [now(), 100])
            let numbers = try reply.expect(\.array).map { value in try value.expect(\.integer) }
            let wait = numbers[1] < 0 ? nil : Duration.milliseconds(max(0, numbers[1] - now()))
            if wait != .zero || numbers[0] == 0 { return wait }
        }
    }

    /// How much there is.
    package func depth() async throws -> QueueDepth {
        let reply = try await redis.script(QueueScripts.depth, keys: keys.streams + [keys.delayed, keys.dead])
        let numbers = try reply.expect(\.array).map { value in try Int(value.expect(\.integer)) }
        return QueueDepth(
            ready: Dictionary(uniqueKeysWithValues: zip(QueuePriority.allCases, numbers)),
            leased: numbers[3], delayed: numbers[4], dead: numbers[5],
            oldestAge: numbers[6] < 0 ? nil : .milliseconds(numbers[6]))
    }
}
