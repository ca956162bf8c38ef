internal import Glibc
internal import Synchronization

/// A pipelined connection that makes itself when it is needed, and again when it broke.
///
/// Callers append requests to a list and go to sleep; one thread writes everything that has gathered in one system call
/// and hands the replies out in order. So many concurrent callers share one round trip, without knowing it.
final class Connection: Sendable {
    private struct State {
        var isStarted = false
        var isClosed = false
        /// Not written yet.
        var waiting: [Request] = []
        /// Written, in the order in which replies come.
        var inFlight = FIFO<Request>()
        /// Whether the thread was told to look, and has not looked yet.
        var isSignaled = false
        /// After a failed connect: until when, and why, commands fail at once in place of waiting for another one.
        var refusal: (until: ContinuousClock.Instant, error: RedisError)?
        var clientID: Int64 = 0
    }

    let configuration: RedisConfiguration
    private let state = Mutex(State())
    private let wakeUp = WakeUp()

    init(_ configuration: RedisConfiguration) {
        self.configuration = configuration
    }

    /// Sends the commands together and returns their replies, errors among them as values.
    /// - Parameter cancel: what cancellation of the task does to a request that was submitted.
    func execute(
        _ commands: [RedisCommand], timeout: Duration, onCancel cancel: @escaping @Sendable (Request) -> Void
    ) async throws -> [RedisValue] {
        let request = Request(commands, timeout: timeout)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                submit(request) { continuation.resume(with: $0) }
            }
        } onCancel: {
            cancel(request)
        }
    }

    /// Puts the request on the list. The completion is called once, on any thread.
    func submit(_ request: Request, completion: @escaping Request.Completion) {
        let (refusal, mustStart, mustSignal) = state.withLock { state -> ((any Error)?, Bool, Bool) in
            if request.isCanceled { return (CancellationError(), false, false) }
            if state.isClosed { return (RedisError.closed, false, false) }
            if let refusal = state.refusal, .now < refusal.until { return (refusal.error, false, false) }
            request.completion = completion
            state.waiting.append(request)
            defer { (state.isStarted, state.isSignaled) = (true, true) }
            return (nil, !state.isStarted, !state.isSignaled)
        }
        if let refusal { return completion(.failure(refusal)) }
        if mustStart { IOThread.start { self.run() } }
        if mustSignal { wakeUp.signal() }
    }

    /// Stops waiting for the request. When it was written already, Redis may execute it all the same.
    func abandon(_ request: Request) {
        let completion = state.withLock { state -> Request.Completion? in
            request.isCanceled = true
            if !request.isInFlight { state.waiting.removeAll { $0 === request } }
            defer { request.completion = nil }
            return request.completion
        }
        completion?(.failure(CancellationError()))
    }

    /// The server's number for this connection while the request is under way; nil before and after.
    func clientID(serving request: Request) -> Int64? {
        state.withLock { state in
            request.isInFlight && request.completion != nil ? state.clientID : nil
        }
    }

    /// Fails everything that waits and ends the thread.
    func close() {
        let mustSignal = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard mustSignal else { return }
        fail(RedisError.closed, includingWaiting: true)
        wakeUp.signal()
    }

    // MARK: The thread

    private func run() {
        var backoff = ReconnectBackoff()
        while awaitWork() {
            do {
                let link = try Link(configuration)
                backoff.reset()
                state.withLock { state in
                    state.refusal = nil
                    state.clientID = link.clientID
                }
                do {
                    try serve(link)
                } catch {
                    // What was not written yet waits for the next connection.
                    fail(error, includingWaiting: false)
                }
            } catch {
                let pause = backoff.next()
                state.withLock { $0.refusal = (.now + pause, error) }
                fail(error, includingWaiting: true)
            }
        }
    }

    /// Sleeps until there is a request; false when the connection was closed.
    private func awaitWork() -> Bool {
        while true {
            let (isClosed, hasWork) = state.withLock { ($0.isClosed, !$0.waiting.isEmpty) }
            if isClosed { return false }
            if hasWork { return true }
            _ = Poll.wait([(wakeUp.readEnd, POLLIN)], until: nil)
            lookAgain()
        }
    }

    private func lookAgain() {
        wakeUp.clear()
        state.withLock { $0.isSignaled = false }
    }

    /// Writes and reads until the connection is closed from this side.
    /// - Throws: when it broke, or a reply did not come in time.
    private func serve(_ link: Link) throws(RedisError) {
        while true {
            let (requests, deadline, isClosed) = takeWaiting()
            if isClosed { return }
            if !requests.isEmpty {
                link.enqueue(requests.count == 1 ? requests[0].bytes : Array(requests.map(\.bytes).joined()))
            }
            try link.flush()
            let ready = Poll.wait([(link.descriptor, link.interest), (wakeUp.readEnd, POLLIN)], until: deadline)
            if ready[1] { lookAgain() }
            if ready[0] {
                try deliver(link.receive())
            } else if let deadline, deadline <= .now {
                throw .timedOut(command: "", after: .zero)
            }
        }
    }

    /// Moves what waits to what is in flight; the deadline is the oldest request's.
    private func takeWaiting() -> (requests: [Request], deadline: ContinuousClock.Instant?, isClosed: Bool) {
        state.withLock { state in
            let requests = state.waiting
            for request in requests { request.isInFlight = true }
            state.waiting.removeAll(keepingCapacity: true)
            state.inFlight.append(contentsOf: requests)
            return (requests, state.inFlight.first?.deadline, state.isClosed)
        }
    }

    private func deliver(_ replies: [RedisValue]) throws(RedisError) {
        let (finished, isSurplus) = state.withLock { state -> ([(Request.Completion, [RedisValue])], Bool) in
            var finished: [(Request.Completion, [RedisValue])] = []
            for reply in replies {
                guard let request = state.inFlight.first else { return (finished, true) }
                request.replies.append(reply)
                guard request.replies.count == request.expectedReplies else { continue }
                _ = state.inFlight.removeFirst()
                if let completion = request.completion { finished.append((completion, request.replies)) }
                request.completion = nil
            }
            return (finished, false)
        }
        for (completion, replies) in finished { completion(.success(replies)) }
        if isSurplus { throw .connectionLost("the server sent a reply that nobody asked for") }
    }

    private func fail(_ error: RedisError, includingWaiting: Bool) {
        let failed = state.withLock { state -> [(Request.Completion, RedisError)] in
            var requests = state.inFlight.removeAll()
            if includingWaiting {
                requests += state.waiting
                state.waiting = []
            }
            return requests.compactMap { request in
                defer { request.completion = nil }
                return request.completion.map { ($0, Self.reason(error, for: request)) }
            }
        }
        for (completion, error) in failed { completion(.failure(error)) }
    }

    private static func reason(_ error: RedisError, for request: Request) -> RedisError {
        guard case .timedOut = error else { return error }
        return request.deadline <= .now
            ? .timedOut(command: request.command, after: request.timeout)
            : .connectionLost("an earlier command was not answered in time")
    }
}
