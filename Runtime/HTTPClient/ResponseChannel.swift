import Synchronization

/// Hands a response from the transfer thread to one reading task.
///
/// Holds at most about `highWater` bytes; when it is full the thread pauses the transfer, and whoever empties it
/// is told to resume it.
final class ResponseChannel: Sendable {
    private typealias HeadWaiter = CheckedContinuation<ResponseHead, any Error>
    private typealias ChunkWaiter = CheckedContinuation<(chunk: [UInt8]?, wasHeldBack: Bool), any Error>

    private struct State {
        var head: ResponseHead?
        var headWaiter: HeadWaiter?
        var chunks: [[UInt8]] = []
        var byteCount = 0
        var isHeldBack = false
        var chunkWaiter: ChunkWaiter?
        var end: Result<Void, any Error>?
    }

    private static let highWater = 256 << 10
    private let state = Mutex(State())

    // MARK: the transfer thread's side

    func receive(_ head: ResponseHead) {
        let waiter = state.withLock { state in
            state.head = head
            return state.headWaiter.take()
        }
        waiter?.resume(returning: head)
    }

    /// Takes `chunk`, or refuses it because the reader is behind; the transfer must pause then.
    func offer(_ chunk: UnsafeRawBufferPointer) -> Bool {
        let (taken, waiter) = state.withLock { state in
            if state.byteCount >= Self.highWater {
                state.isHeldBack = true
                return (false, state.chunkWaiter)
            }
            let waiter = state.chunkWaiter.take()
            if waiter == nil {
                state.chunks.append(Array(chunk))
                state.byteCount += chunk.count
            }
            return (true, waiter)
        }
        if taken { waiter?.resume(returning: (Array(chunk), false)) }
        return taken
    }

    /// Ends the response; only the first end counts. A failure is seen at once, before chunks that were not read yet.
    func finish(_ end: Result<Void, any Error>) {
        let (head, chunk) = state.withLock { state -> (HeadWaiter?, ChunkWaiter?) in
            if state.end != nil { return (nil, nil) }
            state.end = end
            return (state.headWaiter.take(), state.chunkWaiter.take())
        }
        switch end {
        case .success: chunk?.resume(returning: (nil, false))
        case .failure(let error):
            head?.resume(throwing: error)
            chunk?.resume(throwing: error)
        }
    }

    // MARK: the reader's side

    var isFinished: Bool { state.withLock { $0.end != nil } }

    /// What waits for the reader, and whether the transfer is paused because of it.
    var backlog: (byteCount: Int, isHeldBack: Bool) { state.withLock { ($0.byteCount, $0.isHeldBack) } }

    /// The head, once it is there.
    func waitForHead() async throws -> ResponseHead {
        try await withCheckedThrowingContinuation { continuation in
            let ready: Result<ResponseHead, any Error>? = state.withLock { state in
                if let head = state.head { return .success(head) }
                if case .failure(let error) = state.end { return .failure(error) }
                state.headWaiter = continuation
                return nil
            }
            if let ready { continuation.resume(with: ready) }
        }
    }

    /// All that has arrived since the last call, once there is something; nil at the end.
    /// - Returns: whether the transfer was paused and must be resumed now.
    func next() async throws -> (chunk: [UInt8]?, wasHeldBack: Bool) {
        try await withCheckedThrowingContinuation { continuation in
            let ready: Result<(chunk: [UInt8]?, wasHeldBack: Bool), any Error>? = state.withLock { state in
                if case .failure(let error) = state.end { return .failure(error) }
                if state.chunks.isEmpty {
                    if state.end != nil { return .success((nil, false)) }
                    precondition(state.chunkWaiter == nil, "a response body is read by one task at a time")
                    state.chunkWaiter = continuation
                    return nil
                }
                let chunk = state.chunks.count == 1 ? state.chunks[0] : Array(state.chunks.joined())
                state.chunks.removeAll(keepingCapacity: true)
                state.byteCount = 0
                defer { state.isHeldBack = false }
                return .success((chunk, state.isHeldBack))
            }
            if let ready { continuation.resume(with: ready) }
        }
    }
}
