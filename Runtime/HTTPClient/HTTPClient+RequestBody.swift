extension HTTPClient {
    /// What a request carries.
    package struct RequestBody: Sendable {
        enum Source: Sendable {
            case none
            case bytes([UInt8])
            case file(path: String)
            case stream(length: Int?, send: @Sendable (UploadChannel) async throws -> Void)
        }

        let source: Source

        /// Nothing, not even a length.
        package static let none = RequestBody(source: .none)

        /// Bytes in memory.
        package static func bytes(_ bytes: [UInt8]) -> RequestBody { RequestBody(source: .bytes(bytes)) }

        /// The UTF-8 of a text.
        package static func text(_ text: String) -> RequestBody { .bytes(Array(text.utf8)) }

        /// A file's content, read while it is sent.
        package static func file(path: String) -> RequestBody { RequestBody(source: .file(path: path)) }

        /// Chunks as they come, taken no faster than the server reads them.
        ///
        /// The stream is sent to its end before ``HTTPClient/execute(_:)`` returns, unless the server answers with a
        /// redirect or an error first.
        /// - Parameter length: bytes in all; nil sends the body in HTTP chunks.
        package static func stream<Stream: AsyncSequence & Sendable>(_ stream: Stream, length: Int? = nil)
            -> RequestBody
        where Stream.Element == [UInt8] {
            RequestBody(
                source: .stream(length: length) { channel in
                    for try await chunk in stream { try await channel.send(chunk) }
                })
        }

        /// Whether it can be sent a second time.
        var isReplayable: Bool {
            if case .stream = source { false } else { true }
        }
    }
}
