/// The events of a response, as they arrive.
///
///     for try await event in response.body.events() { … }
package struct ServerSentEvents: AsyncSequence, Sendable {
    let body: HTTPClient.ResponseBody
    let maximumEventSize: Int

    package struct AsyncIterator: AsyncIteratorProtocol {
        var chunks: HTTPClient.ResponseBody.AsyncIterator
        let maximumEventSize: Int
        var parser: ServerSentEventParser
        var ready: ArraySlice<ServerSentEvent> = []

        /// The next event; nil after the response's end, where an event without its blank line is dropped.
        /// - Throws: ``HTTPClientError``, of the kind `bodyTooLarge` for an event that is too long.
        package mutating func next() async throws -> ServerSentEvent? {
            while true {
                if let event = ready.popFirst() { return event }
                guard let chunk = try await chunks.next() else { return nil }
                guard let events = parser.add(chunk) else {
                    throw HTTPClientError(
                        .bodyTooLarge, chunks.reader.url, "an event has more than \(maximumEventSize) bytes")
                }
                ready = events[...]
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            chunks: body.makeAsyncIterator(), maximumEventSize: maximumEventSize,
            parser: ServerSentEventParser(maximumEventSize: maximumEventSize))
    }
}

extension HTTPClient.ResponseBody {
    /// Reads the body as server-sent events.
    ///
    /// - Parameter maximumEventSize: bytes of one event; a longer one ends the stream with an error.
    package func events(maximumEventSize: Int = 1 << 20) -> ServerSentEvents {
        ServerSentEvents(body: self, maximumEventSize: maximumEventSize)
    }
}
