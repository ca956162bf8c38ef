/// Where an ``Answer`` writes itself.
public struct Reply: Sendable {
    private let id: String
    private let sink: any FrameSink
    private let credit: Credit
    private let limits: FrameLimits

    package init(id: String, sink: any FrameSink, credit: Credit, limits: FrameLimits) {
        self.id = id
        self.sink = sink
        self.credit = credit
        self.limits = limits
    }

    /// Answers as a whole.
    package func finish(http: HTTPHead?, body: FrameBody) throws {
        try sink.send(.result(id: id, http: http, body: body))
    }

    /// Answers with a body: in one frame when it fits, streamed otherwise.
    package func finish(_ head: HTTPHead, _ bytes: [UInt8]) async throws {
        guard bytes.count > min(limits.credit, limits.chunk) else {
            return try finish(http: head, body: FrameBody(bytes))
        }
        let writer = try begin(head)
        try await writer.write(bytes)
        try end()
    }

    /// Begins a streamed answer.
    package func begin(_ head: HTTPHead) throws -> ResponseWriter {
        try sink.send(.head(id: id, http: head))
        return ResponseWriter(self)
    }

    /// Ends a streamed answer.
    package func end() throws {
        try sink.send(.end(id: id))
    }

    /// Sends bytes of a streamed answer, as far as there is credit, and waits for more.
    func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        var sent = 0
        while sent < bytes.count {
            let count = try await credit.take(upTo: min(bytes.count - sent, limits.chunk))
            let piece = count == bytes.count ? bytes : Array(bytes[sent..<sent + count])
            try sink.send(.chunk(id: id, bytes: piece))
            sent += count
        }
    }
}
