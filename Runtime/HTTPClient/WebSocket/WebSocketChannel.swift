import Synchronization

/// One WebSocket as both sides see it: the task that uses it and the thread that moves its bytes.
///
/// Holds about `highWater` bytes of messages nobody has read yet; beyond that the thread stops reading from the network.
final class WebSocketChannel: Sendable {
    typealias Continuation<Value> = CheckedContinuation<Value, any Error>

    /// A message to be sent, and who waits for that.
    struct Outgoing {
        let message: WebSocketMessage
        let sender: Continuation<Void>
    }

    /// What the thread is asked to do.
    struct Wishes {
        var outgoing: [Outgoing] = []
        var isClosing = false
        /// Nobody holds the socket any more.
        var isDropped = false
    }

    private struct State {
        var isOpen = false
        var opener: Continuation<Void>?
        var messages: [WebSocketMessage] = []
        var byteCount = 0
        var reader: Continuation<WebSocketMessage?>?
        var wishes = Wishes()
        /// How it ended; a failure is told after what arrived before it.
        var end: Result<Void, any Error>?
        /// Nil once the thread has ended.
        var bell: MultiHandle?
    }

    private static let highWater = 1 << 20
    private let state: Mutex<State>

    init(bell: MultiHandle) { state = Mutex(State(bell: bell)) }

    // MARK: the thread's side

    /// Everything asked for since the last call.
    func take() -> Wishes {
        state.withLock { state in
            defer { state.wishes.outgoing = [] }
            return state.wishes
        }
    }

    /// Whether the reader keeps up.
    var wantsMore: Bool { state.withLock { $0.byteCount < Self.highWater } }

    func open() {
        state.withLock { state -> Continuation<Void>? in
            state.isOpen = true
            return state.opener.take()
        }?.resume()
    }

    func deliver(_ message: WebSocketMessage) {
        state.withLock { state -> Continuation<WebSocketMessage?>? in
            if let reader = state.reader.take() { return reader }
            state.messages.append(message)
            state.byteCount += message.size
            return nil
        }?.resume(returning: message)
    }

    /// The thread's last word: after this nobody rings the bell.
    func finish(_ end: Result<Void, any Error>, unsent: [Outgoing]) {
        let (opener, reader, outgoing) = state.withLock { state in
            state.end = end
            state.bell = nil
            defer { state.wishes.outgoing = [] }
            return (state.opener.take(), state.reader.take(), state.wishes.outgoing)
        }
        let failure: any Error = if case .failure(let error) = end { error } else { CancellationError() }
        opener?.resume(throwing: failure)
        reader?.resume(with: end.map { nil })
        for outgoing in unsent + outgoing { outgoing.sender.resume(throwing: failure) }
    }

    // MARK: the tasks' side

    func waitUntilOpen() async throws {
        try await withCheckedThrowingContinuation { (continuation: Continuation<Void>) in
            let ready: Result<Void, any Error>? = state.withLock { state in
                if state.isOpen { return .success(()) }
                if let end = state.end { return end }
                state.opener = continuation
                return nil
            }
            if let ready { continuation.resume(with: ready) }
        }
    }

    func next() async throws -> WebSocketMessage? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Continuation<WebSocketMessage?>) in
                let ready: Result<WebSocketMessage?, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if !state.messages.isEmpty {
                        let message = state.messages.removeFirst()
                        let wasFull = state.byteCount >= Self.highWater
                        state.byteCount -= message.size
                        if wasFull, state.byteCount < Self.highWater { state.bell?.wakeUp() }
                        return .success(message)
                    }
                    if let end = state.end { return end.map { nil } }
                    precondition(state.reader == nil, "a WebSocket is read by one task at a time")
                    state.reader = continuation
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            state.withLock { $0.reader.take() }?.resume(throwing: CancellationError())
        }
    }

    func send(_ message: WebSocketMessage, to url: String) async throws {
        try await withCheckedThrowingContinuation { (continuation: Continuation<Void>) in
            let isTaken = state.withLock { state in
                guard state.end == nil, !state.wishes.isClosing else { return false }
                state.wishes.outgoing.append(Outgoing(message: message, sender: continuation))
                state.bell?.wakeUp()
                return true
            }
            if !isTaken {
                continuation.resume(throwing: HTTPClientError(.connectionLost, url, "the WebSocket is closed"))
            }
        }
    }

    func close(drops: Bool) {
        state.withLock { state in
            state.wishes.isClosing = true
            if drops { state.wishes.isDropped = true }
            state.bell?.wakeUp()
        }
    }
}
