/// Within an `AsyncSequence` the name `Failure` means its error type.
private typealias InvocationFault = Failure

/// The bytes of a request body, as they come. A function that does not read makes the client wait; nobody else.
///
///     for try await bytes in request.body { try file.write(bytes) }
public struct BodyStream: AsyncSequence, Decodable, Sendable, NonJSONBody {
    private struct Buffer: Sendable {
        var chunks: [[UInt8]] = []
        var outstanding: Int
        var ended = false
        var discarded = false
        var failure: InvocationFault?
    }

    private let buffer: Awaitable<Buffer>
    private let consumed: @Sendable (Int) -> Void

    /// A body that is being received.
    ///
    /// - Parameters:
    ///   - credit: bytes the sender may send at once.
    ///   - consumed: is told how many more it may send.
    package init(credit: Int, consumed: @escaping @Sendable (Int) -> Void) {
        buffer = Awaitable(Buffer(outstanding: credit))
        self.consumed = consumed
    }

    /// A body that is there.
    package init(bytes: [UInt8]) {
        buffer = Awaitable(Buffer(chunks: bytes.isEmpty ? [] : [bytes], outstanding: bytes.count, ended: true))
        consumed = { _ in }
    }

    /// A stream has no JSON form.
    ///
    /// - Throws: always.
    public init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "a streamed body is not a JSON value"))
    }

    /// Takes a chunk from the sender. More than was granted breaks the stream.
    package func receive(_ bytes: [UInt8]) {
        buffer.mutate { buffer in
            guard !buffer.ended, !buffer.discarded, buffer.failure == nil else { return }
            buffer.outstanding -= bytes.count
            if buffer.outstanding < 0 {
                buffer.failure = .internal("the host sent more of the body than it had credit for")
            } else if !bytes.isEmpty {
                buffer.chunks.append(bytes)
            }
        }
    }

    /// The sender has sent everything.
    package func receiveEnd() {
        buffer.mutate { $0.ended = true }
    }

    /// Lets go of everything that has come and will come.
    package func discard() {
        buffer.mutate { buffer in
            buffer.discarded = true
            buffer.chunks = []
        }
    }

    /// All bytes.
    ///
    /// - Throws: ``Failure/Code/tooLarge`` as soon as there are more than `limit`.
    package func collect(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in self {
            guard bytes.count + chunk.count <= limit else {
                discard()
                throw InvocationFault.bodyTooLarge(limit: limit)
            }
            bytes.append(contentsOf: chunk)
        }
        return bytes
    }

    /// Reads the chunks; one reader at a time.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let stream: BodyStream

        /// The next bytes; nil at the end.
        ///
        /// - Throws: `CancellationError` when the client is gone, ``Failure`` when the body broke off.
        public mutating func next() async throws -> [UInt8]? {
            try await stream.next()
        }
    }

    /// Starts reading where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    private func next() async throws -> [UInt8]? {
        let chunk: [UInt8]? = try await buffer.wait { buffer -> Result<[UInt8]?, InvocationFault>? in
            if let failure = buffer.failure { return .failure(failure) }
            if !buffer.chunks.isEmpty {
                let chunk = buffer.chunks.removeFirst()
                buffer.outstanding += chunk.count
                return .success(chunk)
            }
            return buffer.ended || buffer.discarded ? .success(nil) : nil
        }.get()
        if let chunk { consumed(chunk.count) }
        return chunk
    }
}
