/// The events of a response, as they arrive.
///
///     for try await event in response.body.events() { … }
package struct ServerSentEvents: AsyncSequence, Sendable {
    let body: HTTPClient.ResponseBody

    package struct AsyncIterator: AsyncIteratorProtocol {
        var chunks: HTTPClient.ResponseBody.AsyncIterator
        var parser = ServerSentEventParser()
        var ready: ArraySlice<ServerSentEvent> = []

        /// The next event; nil after the response's end, where an event without its blank line is dropped.
        /// - Throws: ``HTTPClientError``, also for an event of more than 1 MiB.
        package mutating func next() async throws -> ServerSentEvent? {
            while true {
                if let event = ready.popFirst() { return event }
                guard let chunk = try await chunks.next() else { return nil }
                guard let events = parser.add(chunk) else {
                    throw HTTPClientError(.bodyTooLarge, chunks.reader.url, "an event has more than 1 MiB")
                }
                ready = events[...]
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: body.makeAsyncIterator()) }
}

extension HTTPClient.ResponseBody {
    /// Reads the body as server-sent events.
    package func events() -> ServerSentEvents { ServerSentEvents(body: self) }
}
