import HTTPClient

/// The bytes of an object as they arrive. Not reading on holds the store back.
///
/// Where the store tells the checksum of what it sends, the end is reached only by bytes that have it; what was read before
/// is not to be trusted until then.
package struct ObjectContent: AsyncSequence, Sendable {
    let body: HTTPClient.ResponseBody
    /// Nil where the store tells no checksum.
    let verification: ContentVerification?

    package struct AsyncIterator: AsyncIteratorProtocol {
        var body: HTTPClient.ResponseBody.AsyncIterator
        var verification: ContentVerification?

        /// The next bytes; nil after the last.
        /// - Throws: ``ObjectStorageError`` of the kind `damaged` in place of the end, `HTTPClientError`, or
        ///   `CancellationError`.
        package mutating func next() async throws -> [UInt8]? {
            if let chunk = try await body.next() {
                try verification?.update(chunk)
                return chunk
            }
            try verification?.finish()
            return nil
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: body.makeAsyncIterator(), verification: verification)
    }

    /// Everything, in one piece.
    /// - Throws: ``ObjectStorageError`` of the kind `damaged`; `HTTPClientError` of the kind `bodyTooLarge` as soon as there
    ///   are more than `limit` bytes.
    package func collect(upTo limit: Int) async throws -> [UInt8] {
        let bytes = try await body.collect(upTo: limit)
        var verification = verification
        try verification?.update(bytes)
        try verification?.finish()
        return bytes
    }
}
