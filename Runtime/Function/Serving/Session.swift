internal import FoundationEssentials
internal import Synchronization

/// A function that serves a host: what is in flight, and what each frame of the host does to it.
///
/// Frames are handled on the thread that reads them and never wait. Whoever runs the session awaits its milestones:
/// ``initialized()`` and ``drained()``.
final class Session: Sendable {
    /// Answers one invocation, and sends the frame that finishes it to the sink it is given.
    typealias Work = @Sendable (ActiveInvocation, any FrameSink) async -> Void

    private struct State: Sendable {
        var limits: FrameLimits?
        var work: Work?
        var isDraining = false
        var active: [String: ActiveInvocation] = [:]
        /// The ids that count against the concurrency: until the frame that finishes one is about to be sent.
        var places: Set<String> = []
        /// No deadline of an active invocation is earlier.
        var nextDeadline: ContinuousClock.Instant?
    }

    private let state = Awaitable(State())
    private let sink: any FrameSink
    private let timeout: Duration
    private let concurrency: Int

    /// - Parameters:
    ///   - limits: what one process of the function takes on.
    ///   - sink: where its frames go.
    init(limits: Limits, sink: any FrameSink) {
        self.sink = sink
        self.timeout = limits.timeout
        self.concurrency = limits.concurrency
    }

    /// Waits for the host's `init`; nil when there will be none.
    func initialized() async throws -> FrameLimits? {
        try await state.wait { state in
            if state.limits == nil, !state.isDraining { return nil }
            return .some(state.limits)
        }
    }

    /// From now on invocations are answered.
    func serve(_ work: @escaping Work) {
        state.mutate { state in
            // Under the lock, so that no answer comes before it.
            sink.sendSmall(.ready)
            state.work = work
        }
    }

    /// Waits until no more invocations come and all are answered.
    func drained() async throws {
        try await state.wait { $0.isDraining && $0.active.isEmpty ? () : nil }
    }

    /// No more invocations come.
    func drain() {
        state.mutate { $0.isDraining = true }
    }

    /// Does what a frame says. Frames about ids that are not in flight are late, and dropped.
    func handle(_ frame: Frame) {
        switch frame {
        case .initialize(_, let limits): state.mutate { if $0.limits == nil { $0.limits = limits } }
        case .invoke(let invocation): start(invocation)
        case .chunk(let id, let bytes): active(id)?.stream?.receive(bytes)
        case .end(let id): active(id)?.stream?.receiveEnd()
        case .credit(let id, let bytes): active(id)?.credit.grant(bytes)
        case .cancel(let id, let reason): active(id)?.cancel(reason)
        case .drain: drain()
        case .hello, .ready, .initError, .result, .head, .error, .log, .progress, .bye, .unknown: break
        }
    }

    /// Refuses an invocation that could not be read.
    func refuse(_ id: String, _ failure: Failure) {
        sink.sendSmall(.error(id: id, failure: failure))
    }

    /// Cancels what has reached its deadline; tells when the next one is due.
    func expire(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let (late, next) = state.mutate { state -> ([ActiveInvocation], ContinuousClock.Instant?) in
            guard let next = state.nextDeadline, next <= now else { return ([], state.nextDeadline) }
            let pending = state.active.values.filter { $0.cancelReason == nil }
            state.nextDeadline = pending.lazy.map(\.deadline).filter { $0 > now }.min()
            return (pending.filter { $0.deadline <= now }, state.nextDeadline)
        }
        for active in late { active.cancel(.deadline) }
        return next
    }

    /// The last deadline of what is in flight.
    var lastDeadline: ContinuousClock.Instant? {
        state.mutate { $0.active.values.lazy.map(\.deadline).max() }
    }

    private func active(_ id: String) -> ActiveInvocation? {
        state.mutate { $0.active[id] }
    }

    private func start(_ invocation: Invocation) {
        let active = make(invocation)
        let work = state.mutate { state -> Result<Work, Failure> in
            guard let work = state.work else { return .failure(.unavailable("the function is not ready")) }
            guard !state.isDraining else { return .failure(.unavailable("the function is shutting down")) }
            guard state.places.count < concurrency else {
                return .failure(.unavailable("more than \(concurrency) invocations at once"))
            }
            guard state.active[active.id] == nil else { return .failure(.conflict("the id is in use")) }
            state.active[active.id] = active
            state.places.insert(active.id)
            state.nextDeadline = min(state.nextDeadline ?? active.deadline, active.deadline)
            return .success(work)
        }
        switch work {
        case .failure(let failure): refuse(active.id, failure)
        case .success(let work):
            active.attach(
                Task {
                    await work(active, PlaceKeeper(id: active.id, session: self))
                    state.mutate { $0.active[active.id] = nil }
                })
        }
    }

    private func make(_ invocation: Invocation) -> ActiveInvocation {
        let limits = state.mutate { $0.limits } ?? .standard
        var stream: BodyStream?
        if case .http(let event) = invocation.event, event.body == .stream {
            stream = BodyStream(credit: limits.credit) { [sink] bytes in
                sink.sendSmall(.credit(id: invocation.id, bytes: bytes))
            }
        }
        return ActiveInvocation(invocation, timeout: timeout, credit: Credit(limits.credit), stream: stream)
    }

    /// The sink of one invocation. It gives the place of its id free before it sends the frame that finishes it: the host may
    /// send the next invocation the moment it has read that frame.
    private struct PlaceKeeper: FrameSink {
        let id: String
        let session: Session

        func send(_ frame: Frame) throws(FrameError) {
            switch frame {
            case .result, .end, .error: session.state.mutate { _ = $0.places.remove(id) }
            default: break
            }
            try session.sink.send(frame)
        }
    }
}
