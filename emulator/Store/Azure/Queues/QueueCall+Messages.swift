import Cryptography
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Queue
import XML

extension QueueCall {
    /// Bytes of a message's text in UTF-8.
    private static let textLimit = 64 << 10
    private static let longestHiding = 7 * 86_400
    /// The last moment there is: 31 December 9999.
    private static let never: Int64 = 253_402_300_799_000

    func putMessage() async throws -> HTTPReply {
        _ = try await existing()
        let hidden = try call.number("visibilitytimeout", in: 0...Self.longestHiding) ?? 0
        let expiresAt = try expiry(hidden: hidden)
        guard let text = try await messageText() else { throw AzureError.invalidXML }
        let message = try await queue.put(
            text, id: UUID().uuidString.lowercased(), hiddenFor: .seconds(hidden), expiresAt: expiresAt)
        var reply = Self.list([message]) { message, xml in
            xml.element("PopReceipt", Self.text(message.receipt))
            xml.element("TimeNextVisible", HTTPDate.rfc1123(message.visibleAt))
        }
        reply.status = 201
        return reply
    }

    /// When a new message goes, in milliseconds since 1970; nil: never. It is seven days unless the client says another.
    private func expiry(hidden: Int) throws -> Int64? {
        let now = Clock.milliseconds()
        guard let text = call.request.parameter("messagettl"), !text.isEmpty else { return now + 7 * 86_400_000 }
        guard let seconds = Int64(text), seconds == -1 || seconds > 0 else {
            throw AzureError.invalidQuery("messagettl", text)
        }
        if seconds == -1 || seconds >= (Self.never - now) / 1000 { return nil }
        guard hidden < seconds else { throw AzureError.invalidQuery("visibilitytimeout", String(hidden)) }
        return now + seconds * 1000
    }

    func getMessages() async throws -> HTTPReply {
        _ = try await existing()
        let count = try call.number("numofmessages", in: 1...32) ?? 1
        let hidden = try call.number("visibilitytimeout", in: 1...Self.longestHiding) ?? 30
        return Self.list(try await queue.take(max: count, hiddenFor: .seconds(hidden))) { message, xml in
            xml.element("PopReceipt", Self.text(message.receipt))
            xml.element("TimeNextVisible", HTTPDate.rfc1123(message.visibleAt))
            Self.write(message, &xml)
        }
    }

    func peekMessages() async throws -> HTTPReply {
        _ = try await existing()
        let count = try call.number("numofmessages", in: 1...32) ?? 1
        return Self.list(try await queue.peek(max: count)) { message, xml in Self.write(message, &xml) }
    }

    func clearMessages() async throws -> HTTPReply {
        _ = try await existing()
        try await queue.clear()
        return HTTPReply(204)
    }

    func updateMessage() async throws -> HTTPReply {
        _ = try await existing()
        let receipt = try receipt()
        guard let hidden = try call.number("visibilitytimeout", in: 0...Self.longestHiding) else {
            throw Self.missing("visibilitytimeout")
        }
        let text = try await messageText()
        do {
            let changed = try await queue.update(messageID, receipt, text: text, hiddenFor: .seconds(hidden))
            return HTTPReply(
                204,
                [
                    "x-ms-popreceipt": Self.text(changed.receipt),
                    "x-ms-time-next-visible": HTTPDate.rfc1123(changed.visibleAt),
                ])
        } catch let error as ReceiptError {
            throw Self.refusal(error)
        }
    }

    func deleteMessage() async throws -> HTTPReply {
        _ = try await existing()
        let receipt = try receipt()
        do { try await queue.delete(messageID, receipt) } catch let error as ReceiptError {
            throw Self.refusal(error)
        }
        return HTTPReply(204)
    }

    private static func refusal(_ error: ReceiptError) -> AzureError {
        switch error {
        case .noSuchMessage: AzureError(404, "MessageNotFound", "The specified message does not exist.")
        case .otherReceipt:
            AzureError(
                400, "PopReceiptMismatch",
                "The specified pop receipt did not match the pop receipt for a dequeued message.")
        }
    }

    // MARK: What a request says

    private var messageID: String { String(call.blob.dropFirst("messages/".count)) }

    private static func missing(_ parameter: String) -> AzureError {
        AzureError(
            400, "MissingRequiredQueryParameter",
            "A query parameter that's mandatory for this request is not specified.",
            ["QueryParameterName": parameter])
    }

    /// One that this service never made matches no message.
    private func receipt() throws(AzureError) -> MessageReceipt {
        guard let text = call.request.parameter("popreceipt"), !text.isEmpty else { throw Self.missing("popreceipt") }
        let parts = String(decoding: Base64.decode(text) ?? [], as: UTF8.self).split(separator: " ")
        return parts.count == 2
            ? MessageReceipt(place: String(parts[0]), nonce: String(parts[1])) : MessageReceipt(place: "", nonce: "")
    }

    /// The text of the body's message; nil without a body.
    private func messageText() async throws -> String? {
        var body = ByteBuffer()
        while var bytes = try await call.request.body.next() {
            guard body.readableBytes + bytes.readableBytes <= 1 << 20 else { throw Self.tooLarge }
            body.writeBuffer(&bytes)
        }
        if body.readableBytes == 0 { return nil }
        let document: XMLElement
        do { document = try XMLElement(parsing: body.readableBytesView) } catch { throw AzureError.invalidXML }
        guard document.name == "QueueMessage", let text = document["MessageText"] else { throw AzureError.invalidXML }
        guard text.utf8.count <= Self.textLimit else { throw Self.tooLarge }
        return text
    }

    private static var tooLarge: AzureError {
        var error = AzureError.tooLarge
        error.details = [("MaxLimit", String(textLimit))]
        return error
    }

    // MARK: Answers

    private static func text(_ receipt: MessageReceipt?) -> String {
        Base64.encode("\(receipt?.place ?? "") \(receipt?.nonce ?? "")".utf8)
    }

    private static func list(
        _ messages: [HiddenMessage], _ more: (HiddenMessage, inout XMLWriter) -> Void
    ) -> HTTPReply {
        var xml = XMLWriter()
        xml.element("QueueMessagesList") { xml in
            for message in messages {
                xml.element("QueueMessage") { xml in
                    xml.element("MessageId", message.id)
                    xml.element("InsertionTime", HTTPDate.rfc1123(message.enqueuedAt))
                    xml.element("ExpirationTime", HTTPDate.rfc1123(message.expiresAt ?? never))
                    more(message, &xml)
                }
            }
        }
        var reply = AzureCall.document(xml)
        reply.headers.add(name: "Cache-Control", value: "no-cache")
        return reply
    }

    private static func write(_ message: HiddenMessage, _ xml: inout XMLWriter) {
        xml.element("DequeueCount", message.attempts)
        xml.element("MessageText", message.text)
    }
}
