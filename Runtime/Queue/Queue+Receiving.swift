internal import FoundationEssentials
internal import JSON
internal import Redis

extension Queue {
    /// Takes messages, the most urgent first, and waits when there are none.
    ///
    /// A message whose body is not JSON goes to the dead letters at once.
    /// - Parameters:
    ///   - max: at most so many.
    ///   - block: how long to wait for the first one; it may return earlier with none.
    /// - Returns: none after cancellation, unless Redis had handed some out in that moment: those are the caller's.
    package func receive(max: Int, block: Duration) async throws -> [LeasedMessage] {
        precondition(max > 0, "receive asks for at least one message")
        let taken = try await redis.script(
            QueueScripts.take, keys: keys.streams + [keys.turn],
            arguments: [consumer, max, ageing.milliseconds, Self.agedShare])
        let messages = try await leased(taken.expect(\.array))
        guard messages.isEmpty, block > .zero, !Task.isCancelled else { return messages }
        return try await wait(max: max, block: block)
    }

    /// Every how many-th message is an aged one.
    private static let agedShare = 4

    private func wait(max: Int, block: Duration) async throws -> [LeasedMessage] {
        var command = RedisCommand(
            "XREADGROUP", "GROUP", "functions", consumer, "COUNT", max, "BLOCK", Swift.max(1, block.milliseconds),
            "STREAMS", keys.streams)
        for _ in keys.streams { command.append(bytes: ">".utf8) }
        let reply: RedisValue
        do {
            reply = try await redis.blocking { [command] in try await $0.send(command, block: block) }
        } catch let error as RedisError where error.code == "NOGROUP" || error.code == "UNBLOCKED" {
            // Redis lost the streams or the group; the next take makes them again.
            return []
        }
        let entries = try (reply.array ?? []).flatMap { stream -> [RedisValue] in
            let parts = try stream.expect(\.array)
            let index = try keys.streams.firstIndex(of: parts[0].expect(\.string)).map { Int64($0 + 1) }
            return try parts[1].expect(\.array).map { entry in
                try .array([.integer(index ?? 1)] + entry.expect(\.array))
            }
        }
        // A wait that was over at once may have found messages in more than one stream, each up to the maximum.
        let messages = try await leased(entries)
        for surplus in messages.dropFirst(max) { try await release(surplus) }
        return Array(messages.prefix(max))
    }

    /// Takes over messages whose lease was lost: their holder died or hangs. Each counts as an attempt.
    /// - Parameters:
    ///   - idle: the lease; who has not renewed for so long has lost it.
    ///   - max: at most so many.
    ///   - forgotten: a consumer that holds nothing and was silent for so long is taken off the list.
    package func reclaim(
        idle: Duration, max: Int, forgetting forgotten: Duration = .seconds(3600)
    ) async throws -> [LeasedMessage] {
        let reply = try await redis.script(
            QueueScripts.reclaim, keys: keys.streams,
            arguments: [consumer, idle.milliseconds, max, forgotten.milliseconds])
        return try await leased(reply.expect(\.array))
    }

    /// Renews leases.
    /// - Returns: the messages whose lease is still held. Another worker may be at work on those that are missing.
    package func extend(_ messages: [LeasedMessage]) async throws -> [LeasedMessage] {
        var renewed: [LeasedMessage] = []
        for (priority, messages) in Dictionary(grouping: messages, by: \.priority) {
            let arguments = messages.flatMap { [$0.entry, String($0.deliveries)] }
            let reply = try await redis.script(
                QueueScripts.extend, keys: [keys.stream(priority)], arguments: [consumer, arguments])
            let entries = try Set(reply.expect(\.array).map { entry in try entry.expect(\.string) })
            renewed += messages.filter { entries.contains($0.entry) }
        }
        return renewed
    }

    /// Makes messages of entries `{stream index, entry, fields, deliveries (1 when absent)}`.
    private func leased(_ entries: [RedisValue]) async throws -> [LeasedMessage] {
        var messages: [LeasedMessage] = []
        for entry in entries {
            let parts = try entry.expect(\.array)
            let priority = try QueuePriority.allCases[Int(parts[0].expect(\.integer)) - 1]
            let fields = try parts[2].expect(\.dictionary)
            let deliveries = try parts.count > 3 ? Int(parts[3].expect(\.integer)) : 1
            func message(_ body: JSON) throws -> LeasedMessage {
                try LeasedMessage(
                    id: fields["id"]?.string ?? parts[1].expect(\.string), body: body, priority: priority,
                    enqueuedAt: fields["enqueued"]?.integer ?? 0,
                    attempt: Int(fields["attempt"]?.integer ?? 0) + deliveries, entry: parts[1].expect(\.string),
                    deliveries: deliveries)
            }
            if let expiry = fields["expires"]?.integer, expiry <= now() {
                try await acknowledge(message(.null))
                continue
            }
            do {
                try messages.append(message(Self.body(fields["body"]?.bytes ?? [])))
            } catch let error as JSONError {
                try await kill(message(.null), reason: "the body is not JSON: \(error)")
            }
        }
        return messages
    }

    /// A body is JSON, or JSON in base64, as the clients of other clouds' queues wrap it.
    private static func body(_ bytes: [UInt8]) throws(JSONError) -> JSON {
        do throws(JSONError) {
            return try JSON(parsing: bytes)
        } catch {
            guard let unwrapped = Data(base64Encoded: Data(bytes)), let json = try? JSON(parsing: unwrapped) else {
                throw error
            }
            return json
        }
    }
}
