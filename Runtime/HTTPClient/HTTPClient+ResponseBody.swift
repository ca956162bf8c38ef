extension HTTPClient {
    /// The bytes of a response as they arrive. Not reading on holds the sender back.
    package struct ResponseBody: AsyncSequence, Sendable {
        let reader: ResponseReader

        package struct AsyncIterator: AsyncIteratorProtocol {
            let reader: ResponseReader

            /// The next bytes; nil after the last.
            /// - Throws: ``HTTPClientError``, or `CancellationError` when the task was canceled.
            package mutating func next() async throws -> [UInt8]? { try await reader.next() }
        }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: reader) }

        /// Everything that is left, in one piece.
        /// - Throws: ``HTTPClientError`` of the kind `bodyTooLarge` as soon as there are more than `limit` bytes.
        package func collect(upTo limit: Int) async throws -> [UInt8] {
            var bytes: [UInt8] = []
            for try await chunk in self {
                if bytes.count + chunk.count > limit {
                    throw HTTPClientError(.bodyTooLarge, reader.url, "the response has more than \(limit) bytes")
                }
                bytes.append(contentsOf: chunk)
            }
            return bytes
        }
    }
}
