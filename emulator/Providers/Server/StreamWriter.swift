import HummingbirdCore
import JSON
import NIOCore

/// Writes an answer in pieces, each as slow or cut as the answer's delivery has it.
struct StreamWriter {
    private let delivery: Delivery
    private var body: any ResponseBodyWriter

    init(_ body: any ResponseBodyWriter, _ delivery: Delivery) {
        self.body = body
        self.delivery = delivery
    }

    /// Sends one piece.
    ///
    /// - Throws: when the client is gone, or the answer is to be cut here.
    @concurrent mutating func write(_ bytes: [UInt8]) async throws {
        if delivery.duration > .zero { try await Task.sleep(for: delivery.duration) }
        let kept = delivery.isTruncated ? bytes.prefix(bytes.count / 2) : bytes[...]
        try await body.write(ByteBuffer(bytes: kept))
        if delivery.isTruncated { throw ConnectionDropped() }
    }

    /// Sends one server-sent event.
    ///
    /// - Parameter name: its type; nil: `message`, which is not written out.
    @concurrent mutating func event(_ data: JSON, name: String? = nil, id: String? = nil) async throws {
        try await event(text: String(decoding: data.serialized, as: UTF8.self), name: name, id: id)
    }

    /// Sends one server-sent event with any text as its data, such as `[DONE]`.
    @concurrent mutating func event(text: String, name: String? = nil, id: String? = nil) async throws {
        var lines = name.map { "event: \($0)\n" } ?? ""
        if let id { lines += "id: \(id)\n" }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { lines += "data: \(line)\n" }
        try await write(Array((lines + "\n").utf8))
    }

    /// Sends a comment, which clients ignore: it keeps a connection alive.
    @concurrent mutating func comment(_ text: String) async throws {
        try await write(Array(": \(text)\n\n".utf8))
    }

    @concurrent consuming func finish() async throws {
        try await body.finish(nil)
    }
}
