import Synchronization

/// Hands a streamed request body from the sending task to the transfer thread.
final class UploadChannel: Sendable {
    /// What the transfer thread finds.
    enum Read {
        case bytes(Int)
        /// Nothing yet: pause.
        case nothing
        case end
        /// The stream failed: abort.
        case failed
    }

    private enum End {
        case complete
        case failed
    }

    private struct State {
        var chunks: [[UInt8]] = []
        /// Bytes of the first chunk that were taken already.
        var offset = 0
        var byteCount = 0
        var sent = 0
        var isStarved = false
        var spaceWaiter: CheckedContinuation<Void, Never>?
        var end: End?
        var isClosed = false
    }

    private static let highWater = 256 << 10
    private let state = Mutex(State())
    private let length: Int?
    private let url: String
    /// Tells the transfer thread that there is something to send again.
    private let resume: @Sendable () -> Void

    init(length: Int?, url: String, resume: @escaping @Sendable () -> Void) {
        self.length = length
        self.url = url
        self.resume = resume
    }

    // MARK: the sending task's side

    /// Adds a chunk, and waits while the server is behind.
    /// - Throws: `CancellationError` once nobody takes any more.
    func send(_ chunk: [UInt8]) async throws {
        if chunk.isEmpty { return }
        try Task.checkCancellation()
        let (isClosed, isStarved, sent) = state.withLock { state in
            state.chunks.append(chunk)
            state.byteCount += chunk.count
            state.sent += chunk.count
            defer { state.isStarved = false }
            return (state.isClosed, state.isStarved, state.sent)
        }
        if isClosed { throw CancellationError() }
        if let length, sent > length { throw wrongLength(sent) }
        if isStarved { resume() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasSpace = state.withLock { state in
                    if state.byteCount < Self.highWater || state.isClosed || Task.isCancelled { return true }
                    state.spaceWaiter = continuation
                    return false
                }
                if hasSpace { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.spaceWaiter.take() }?.resume()
        }
    }

    /// Says that no more will come.
    func finish() throws(HTTPClientError) {
        let sent = state.withLock { $0.sent }
        if let length, sent != length { throw wrongLength(sent) }
        end(isFailure: false)
    }

    /// Says that the rest cannot come: the transfer ends.
    func fail() { end(isFailure: true) }

    private func end(isFailure: Bool) {
        state.withLock { $0.end = isFailure ? .failed : .complete }
        resume()
    }

    private func wrongLength(_ sent: Int) -> HTTPClientError {
        HTTPClientError(
            .invalidRequest, url, "\(length ?? 0) bytes were announced; the body's stream has \(sent)")
    }

    // MARK: the transfer thread's side

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Read {
        let (result, waiter) = state.withLock { state -> (Read, CheckedContinuation<Void, Never>?) in
            if state.end == .failed { return (.failed, nil) }
            var count = 0
            while count < buffer.count, let chunk = state.chunks.first {
                let part = chunk[state.offset...].prefix(buffer.count - count)
                UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyBytes(from: part)
                count += part.count
                state.offset += part.count
                if state.offset == chunk.count {
                    state.chunks.removeFirst()
                    state.offset = 0
                }
            }
            state.byteCount -= count
            let waiter = state.byteCount < Self.highWater ? state.spaceWaiter.take() : nil
            if count > 0 { return (.bytes(count), waiter) }
            state.isStarved = state.end == nil
            return (state.end == nil ? .nothing : .end, waiter)
        }
        waiter?.resume()
        return result
    }

    /// Whether the transfer ended.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Nobody takes any more: lets a waiting sender go.
    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            return state.spaceWaiter.take()
        }
        waiter?.resume()
    }
}
