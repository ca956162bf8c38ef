/// A list, page by page, each fetched when it is asked for.
package struct ObjectPages: AsyncSequence, Sendable {
    let fetch: @Sendable (_ continuation: String?) async throws -> ObjectPage

    package struct AsyncIterator: AsyncIteratorProtocol {
        let fetch: @Sendable (_ continuation: String?) async throws -> ObjectPage
        var continuation: String?
        var isAtEnd = false

        /// The next page; nil after the last.
        /// - Throws: ``ObjectStorageError``, or `CancellationError`.
        package mutating func next() async throws -> ObjectPage? {
            if isAtEnd { return nil }
            let page = try await fetch(continuation)
            continuation = page.continuation
            isAtEnd = continuation == nil
            return page
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(fetch: fetch) }
}
