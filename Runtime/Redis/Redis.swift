internal import Synchronization

/// A client of one Redis server, for the whole process: one shared pipelined connection for commands, and connections
/// of their own for commands that wait and for subscriptions.
///
/// Connections are made when they are first needed, and again after a loss. While Redis is away, commands fail at once
/// with `RedisError.unavailable`; a command that was under way fails with `connectionLost` and is never repeated unless
/// the caller said that it may be.
///
///     let redis = try Redis(url: "redis://127.0.0.1:6379")
///     try await redis.send("SET", "greeting", "hello")
///     let text = try await redis.send("GET", "greeting").string
package final class Redis: Sendable {
    package let configuration: RedisConfiguration
    private let shared: Connection
    private let dedicated = Mutex(Dedicated())

    private struct Dedicated {
        var isClosed = false
        var idle: [Connection] = []
        var busy: [ObjectIdentifier: Connection] = [:]
    }

    package init(_ configuration: RedisConfiguration) {
        self.configuration = configuration
        shared = Connection(configuration)
    }

    /// - Throws: `RedisError.invalidURL`; nothing is connected yet.
    package convenience init(url: String, name: String? = nil) throws(RedisError) {
        try self.init(RedisConfiguration(url: url, name: name))
    }

    deinit {
        close()
    }

    /// Closes every connection; commands under way and later ones fail with `RedisError.closed`.
    package func close() {
        shared.close()
        let connections = dedicated.withLock { dedicated in
            dedicated.isClosed = true
            return dedicated.idle + dedicated.busy.values
        }
        for connection in connections { connection.close() }
    }

    /// Sends one command.
    /// - Parameters:
    ///   - idempotent: whether the command may be sent a second time when the connection broke under it.
    ///   - timeout: how long the reply may take; nil: the configuration's `commandTimeout`.
    /// - Throws: `RedisError`; `CancellationError`, when Redis may have executed the command all the same.
    @discardableResult
    package func send(
        _ name: String, _ arguments: any RedisArgument..., idempotent: Bool = false, timeout: Duration? = nil
    ) async throws -> RedisValue {
        try await send(RedisCommand(name, arguments: arguments), idempotent: idempotent, timeout: timeout)
    }

    /// The same, for a command that was put together before.
    @discardableResult
    package func send(
        _ command: RedisCommand, idempotent: Bool = false, timeout: Duration? = nil
    ) async throws -> RedisValue {
        do {
            return try await pipeline([command], timeout: timeout)[0].get()
        } catch RedisError.connectionLost where idempotent {
            return try await pipeline([command], timeout: timeout)[0].get()
        }
    }

    /// Sends commands together: one after another on the same connection, with nothing in between from this client's
    /// other callers. `MULTI` and `EXEC` around them make them atomic.
    /// - Returns: their replies in order; a command that Redis refused has its error in place of a reply.
    /// - Throws: `RedisError` when they could not be sent or answered.
    package func pipeline(_ commands: [RedisCommand], timeout: Duration? = nil) async throws -> [RedisValue] {
        guard !commands.isEmpty else { return [] }
        return try await shared.execute(commands, timeout: timeout ?? configuration.commandTimeout) {
            [shared] request in
            shared.abandon(request)
        }
    }

    /// Runs a Lua script. It is sent in full only when Redis does not know it yet.
    /// - Parameters:
    ///   - keys: the script's `KEYS`.
    ///   - arguments: the script's `ARGV`.
    @discardableResult
    package func script(
        _ script: RedisScript, keys: [String] = [], arguments: [any RedisArgument] = [], timeout: Duration? = nil
    ) async throws -> RedisValue {
        do {
            return try await send(script.command(keys, arguments, full: false), timeout: timeout)
        } catch let error as RedisError where error.code == "NOSCRIPT" {
            return try await send(script.command(keys, arguments, full: true), timeout: timeout)
        }
    }

    /// Gives a connection of its own to commands that wait at the server. It is kept for the next call.
    package func blocking<Result>(_ body: (BlockingConnection) async throws -> Result) async throws -> Result {
        let connection = try dedicated.withLock { dedicated throws(RedisError) in
            guard !dedicated.isClosed else { throw .closed }
            let connection = dedicated.idle.popLast() ?? Connection(configuration)
            dedicated.busy[ObjectIdentifier(connection)] = connection
            return connection
        }
        var isReusable = false
        defer {
            dedicated.withLock { dedicated in
                dedicated.busy[ObjectIdentifier(connection)] = nil
                if isReusable { dedicated.idle.append(connection) }
            }
            // After an error its state is unknown, and a new one is cheap.
            if !isReusable { connection.close() }
        }
        let result = try await body(BlockingConnection(connection: connection, shared: shared))
        isReusable = true
        return result
    }

    /// Listens to channels until the consumer stops iterating.
    ///
    /// It comes back by itself after a loss and says so with another `.subscribed`. A consumer that falls 1,024 events
    /// behind loses the oldest.
    /// - Throws: on iteration, what cannot get better by itself: a refused password, a forbidden channel.
    package func subscribe(to channels: String...) -> AsyncThrowingStream<RedisEvent, any Error> {
        precondition(!channels.isEmpty, "a subscription needs a channel")
        let subscriber = Subscriber(configuration, channels: channels)
        return AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1024)) { continuation in
            continuation.onTermination = { _ in subscriber.close() }
            subscriber.start(continuation)
        }
    }
}
