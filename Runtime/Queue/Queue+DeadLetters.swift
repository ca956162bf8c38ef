internal import JSON
internal import Redis

extension Queue {
    /// The dead letters, the latest first.
    /// - Parameters:
    ///   - count: at most so many.
    ///   - entry: continues behind this one (the last of the page before).
    package func deadLetters(count: Int = 100, after entry: String? = nil) async throws -> [DeadLetter] {
        let reply = try await redis.send(
            "XREVRANGE", keys.dead, entry.map { "(\($0)" } ?? "+", "-", "COUNT", count)
        return try reply.expect(\.array).map { entry in
            let parts = try entry.expect(\.array)
            let fields = try parts[1].expect(\.dictionary)
            return try DeadLetter(
                entry: parts[0].expect(\.string), id: fields["id"]?.string ?? "",
                body: fields["body"]?.bytes.flatMap { try? JSON(parsing: $0) },
                priority: fields["priority"]?.string.flatMap(QueuePriority.init) ?? .normal,
                enqueuedAt: fields["enqueued"]?.integer ?? 0, attempts: Int(fields["attempts"]?.integer ?? 0),
                reason: fields["reason"]?.string ?? "", diedAt: fields["died"]?.integer ?? 0)
        }
    }

    /// Puts dead letters back into the queue, with their attempts counted anew.
    /// - Parameter entries: `DeadLetter.entry` of each.
    /// - Returns: how many there were; one that somebody else took meanwhile is not an error.
    @discardableResult
    package func redrive(_ entries: [String]) async throws -> Int {
        guard !entries.isEmpty else { return 0 }
        let reply = try await redis.script(
            QueueScripts.redrive, keys: [keys.dead] + keys.streams, arguments: [entries])
        return try Int(reply.expect(\.integer))
    }

    /// Throws dead letters away.
    /// - Returns: how many there were.
    @discardableResult
    package func discard(_ entries: [String]) async throws -> Int {
        guard !entries.isEmpty else { return 0 }
        return try await Int(redis.send("XDEL", keys.dead, entries).expect(\.integer))
    }
}
