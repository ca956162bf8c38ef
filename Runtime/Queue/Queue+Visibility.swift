internal import JSON
internal import Redis

/// The same messages for clients that know no leases: one who takes a message hides it for a time it chooses, and proves
/// by a receipt that it was the last one to do so. This is how the queues of Azure Storage work.
///
/// A hidden message stands among the delayed ones: when its time is over it is anybody's again, a function's too. What a
/// function holds is seen by nobody else.
extension Queue {
    /// Adds a message whose body is any text; a function's has to be JSON.
    /// - Parameters:
    ///   - hiddenFor: how long nobody sees it; zero: at once.
    ///   - expiresAt: milliseconds since 1970 from which on nobody gets it; nil: never.
    @discardableResult
    package func put(
        _ text: String, id: String, hiddenFor: Duration = .zero, expiresAt: Int64? = nil
    ) async throws -> HiddenMessage {
        let (moment, nonce) = (now(), Self.nonce())
        let due = moment + hiddenFor.milliseconds
        let reply = try await redis.script(
            QueueScripts.put, keys: [keys.delayed] + keys.streams,
            arguments: [
                id, text, moment, expiresAt.map(String.init) ?? "", nonce, hiddenFor > .zero ? String(due) : "",
            ])
        return HiddenMessage(
            id: id, text: text, enqueuedAt: moment, expiresAt: expiresAt, attempts: 0, visibleAt: due,
            receipt: MessageReceipt(place: try reply.expect(\.string), nonce: nonce))
    }

    /// Takes messages that nobody holds, the most urgent first, and hides them; each counts as an attempt.
    package func take(max: Int, hiddenFor: Duration) async throws -> [HiddenMessage] {
        let moment = now()
        let due = moment + Swift.max(1, hiddenFor.milliseconds)
        let reply = try await redis.script(
            QueueScripts.hide, keys: [keys.delayed] + keys.streams, arguments: [moment, max, due, Self.nonce()])
        return try reply.expect(\.array).map { try HiddenMessage($0, place: "d:\(due)", visibleAt: due) }
    }

    /// What ``take(max:hiddenFor:)`` would give, left where it is.
    package func peek(max: Int) async throws -> [HiddenMessage] {
        let moment = now()
        let reply = try await redis.script(
            QueueScripts.peek, keys: [keys.delayed] + keys.streams, arguments: [moment, max])
        return try reply.expect(\.array).map { try HiddenMessage($0, place: nil, visibleAt: moment) }
    }

    /// Hides a message anew, or shows it at once, and gives it another text.
    /// - Parameter text: nil: it stays as it is.
    /// - Returns: the receipt that counts from now on.
    /// - Throws: `ReceiptError` when there is no such message or somebody else took it meanwhile; `RedisError`.
    package func update(
        _ id: String, _ receipt: MessageReceipt, text: String?, hiddenFor: Duration
    ) async throws -> (receipt: MessageReceipt, visibleAt: Int64) {
        let (moment, nonce) = (now(), Self.nonce())
        let due = moment + hiddenFor.milliseconds
        let reply = try await redis.script(
            QueueScripts.change, keys: [keys.delayed] + keys.streams,
            arguments: [
                id, receipt.place, receipt.nonce, moment, "update", text == nil ? "0" : "1", text ?? "",
                hiddenFor > .zero ? String(due) : "", nonce,
            ])
        return (MessageReceipt(place: try Self.place(reply), nonce: nonce), due)
    }

    /// Removes a message.
    /// - Throws: as ``update(_:_:text:hiddenFor:)`` does.
    package func delete(_ id: String, _ receipt: MessageReceipt) async throws {
        let reply = try await redis.script(
            QueueScripts.change, keys: [keys.delayed] + keys.streams,
            arguments: [id, receipt.place, receipt.nonce, now(), "delete"])
        _ = try Self.place(reply)
    }

    /// Removes every message, those that functions hold too; dead letters stay.
    package func clear() async throws {
        try await redis.send("DEL", keys.streams, keys.delayed)
    }

    /// Whether anything was ever published here and is not yet gone.
    package func exists() async throws -> Bool {
        try await redis.send("EXISTS", keys.streams, keys.delayed).expect(\.integer) > 0
    }

    private static func nonce() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

    private static func place(_ reply: RedisValue) throws -> String {
        switch try reply.expect(\.string) {
        case "unknown": throw ReceiptError.noSuchMessage
        case "held": throw ReceiptError.otherReceipt
        case let place: return place
        }
    }
}
