import FoundationEssentials
import FunctionRuntime
import Glibc
import NIOCore
import Synchronization
import SystemPackage

/// One process of a function: starts it, speaks the invocation protocol with it, and ends it.
///
///     starting ──hello──> greeted ──ready──> serving ──drain──> ending ──exit──> ended
///
/// Frames are written from any thread into one outbox and flushed together on the event loop of the pipes; frames are read
/// on that event loop. The state is under one lock, which is never held while somebody else is called.
final class Worker: Sendable {
    enum Phase: Equatable {
        case starting, greeted, serving, ending, ended
    }

    struct State {
        var phase = Phase.starting
        var process: ChildProcess?
        var input: (any Channel)?
        var hello: Frame.Hello?
        var readyAt: ContinuousClock.Instant?
        var calls = WorkerCalls()
        var outbox = FrameWriter()
        /// The invoke frames in the outbox: whose they are, and the offset at which each ends.
        var unflushed: [(id: String, end: Int)] = []
        var flushIsScheduled = false
        var sweepAt: NIODeadline?
        /// Why the host ended it, when it did.
        var killedBecause: String?
        var startFailure: String?
        var ending: ChildProcess.Ending?
        var openPipes = 0
        var standardError = StandardErrorTail()
        var report: CrashReport?
    }

    let number: InstanceNumber
    let name: String
    let function: LocatedFunction
    let limits: PoolLimits
    let environment: [String: String]
    let loop: any EventLoop
    let timeout: Duration
    let startedAt = ContinuousClock.now
    let state = Mutex(State())
    private weak let ownerReference: (any WorkerOwner)?

    init(
        number: InstanceNumber, function: LocatedFunction, limits: PoolLimits, environment: [String: String],
        loop: any EventLoop, owner: any WorkerOwner
    ) {
        self.number = number
        self.function = function
        self.limits = limits
        self.environment = environment
        self.loop = loop
        name = "\(function.description.name)-\(number)"
        timeout = function.description.limits.timeout
        ownerReference = owner
    }

    var owner: (any WorkerOwner)? { ownerReference }
    var build: String? { state.withLock { $0.hello?.build } }
    var readyAt: ContinuousClock.Instant? { state.withLock { $0.readyAt } }
    var startup: Duration { (readyAt ?? .now) - startedAt }
    var processIdentifier: Int32? { state.withLock { $0.process?.identifier } }
    var residentMemory: Int? { state.withLock { $0.process }?.residentMemory }
    var crashReport: CrashReport? { state.withLock { $0.report } }

    // MARK: Host to function

    /// Hands over a call. Called with the pool's lock held: only queues frames.
    func send(_ call: Call) {
        let allowed = call.invocation.remaining ?? timeout
        var invocation = call.invocation
        invocation.remaining = allowed
        invocation.deadline = Date(timeIntervalSinceNow: allowed / .seconds(1))
        if call.control.stream != nil, case .http(var event) = invocation.event {
            event.body = .stream
            invocation.event = .http(event)
        }
        let collects = call.control.stream != nil && state.withLock { $0.hello?.streaming == false }
        let deadline = NIODeadline.now() + TimeAmount(allowed)
        guard state.withLock({ $0.calls.add(call, deadline: deadline) }) else {
            loop.execute {
                self.owner?.worker(
                    self, finished: call,
                    .function(.unavailable("the invocation \(call.invocation.id) is still running")))
            }
            return
        }
        arm(deadline)
        if collects {
            collectBody(of: call, invocation)
        } else {
            write(.invoke(invocation), sent: invocation.id)
            attachBody(of: call)
        }
    }

    /// Tells the function to stop with a call. Its place stays taken until the function has finished it.
    func cancel(_ call: Call, _ reason: CancelReason) {
        let id = call.invocation.id
        let graceEnds = NIODeadline.now() + TimeAmount(limits.grace)
        let isThere = state.withLock { state in
            guard state.calls[id]?.call === call, state.calls[id]?.graceEnds == nil else { return false }
            state.calls.abandon(id, graceEnds: graceEnds)
            return true
        }
        guard isThere else { return }
        call.control.stream?.close()
        write(.cancel(id: id, reason: reason))
        arm(graceEnds)
    }

    /// Adds a frame to the outbox and sees that it is flushed.
    func write(_ frame: Frame, sent id: String? = nil) {
        let (mustFlush, failure) = state.withLock { state -> (Bool, FrameError?) in
            guard state.phase != .ended else { return (false, nil) }
            do throws(FrameError) { try state.outbox.write(frame) } catch { return (false, error) }
            if let id { state.unflushed.append((id, state.outbox.bytes.count)) }
            defer { state.flushIsScheduled = true }
            return (!state.flushIsScheduled, nil)
        }
        if let failure, let id { refuse(id, failure) }
        if mustFlush { loop.execute { self.flush() } }
    }

    /// A call that does not fit into a frame fails alone: the function never sees it.
    private func refuse(_ id: String, _ error: FrameError) {
        loop.execute {
            self.finish(id, .failure(.function(.tooLarge("The invocation does not fit into a frame: \(error)."))))
        }
    }

    /// Writes the outbox with one flush. Each invoke frame has its own promise: a call can begin as soon as its own frame
    /// is in the pipe, whether or not what follows fits into it.
    func flush() {
        let (bytes, invokes, channel) = state.withLock { state -> ([UInt8], [(id: String, end: Int)], (any Channel)?) in
            state.flushIsScheduled = false
            guard let input = state.input else { return ([], [], nil) }
            let invokes = state.unflushed
            state.unflushed.removeAll(keepingCapacity: true)
            defer { state.outbox.removeAll() }
            return (state.outbox.bytes, invokes, input)
        }
        guard let channel, !bytes.isEmpty else { return }
        var rest = channel.allocator.buffer(bytes: bytes)
        for (id, end) in invokes {
            guard let piece = rest.readSlice(length: end - rest.readerIndex) else { break }
            channel.write(piece).whenSuccess { self.state.withLock { $0.calls.markSent(id) } }
        }
        if rest.readableBytes > 0 { channel.write(rest, promise: nil) }
        channel.flush()
    }

    private func attachBody(of call: Call) {
        guard let stream = call.control.stream else { return }
        let id = call.invocation.id
        stream.attach(credit: FrameLimits.standard.credit) { [weak self] piece in
            switch piece {
            case .chunk(let bytes): self?.write(.chunk(id: id, bytes: bytes))
            case .end: self?.write(.end(id: id))
            // The producer cancels the call itself.
            case .failed: break
            }
        }
    }

    /// A function that does not stream gets the whole body with its invocation.
    private func collectBody(of call: Call, _ invocation: Invocation) {
        let limit = FrameLimits.standard.chunk
        let collected = Mutex<[UInt8]>([])
        call.control.stream?.attach(credit: limit + 1) { [weak self] piece in
            switch piece {
            case .chunk(let bytes):
                let count = collected.withLock { all in
                    all += bytes
                    return all.count
                }
                if count > limit { self?.refuse(invocation.id, .chunkTooLong(bytes: count, limit: limit)) }
            case .end:
                guard case .http(var event) = invocation.event else { return }
                event.body = FrameBody(collected.withLock { $0 })
                var whole = invocation
                whole.event = .http(event)
                self?.write(.invoke(whole), sent: whole.id)
            case .failed: break
            }
        }
    }

    // MARK: Time

    /// Sees that `sweep` runs at this time at the latest. Deadlines are mostly met, so an armed timer is left alone.
    private func arm(_ deadline: NIODeadline) {
        let mustSchedule = state.withLock { state in
            if let sweepAt = state.sweepAt, sweepAt <= deadline { return false }
            state.sweepAt = deadline
            return true
        }
        if mustSchedule { loop.scheduleTask(deadline: deadline) { [weak self] in self?.sweep() } }
    }

    private func sweep() {
        let now = NIODeadline.now()
        let (overdue, next) = state.withLock { state in
            state.sweepAt = nil
            return (state.calls.overdue(at: now), state.calls.nextDeadline)
        }
        for call in overdue.calls { owner?.worker(self, passedDeadlineOf: call) }
        if overdue.isStuck { owner?.workerIsStuck(self) }
        let later = state.withLock { $0.calls.nextDeadline } ?? next
        if let later, later > now { arm(later) }
    }

    // MARK: Ending

    /// Asks the process to finish; SIGTERM and then SIGKILL follow when it does not.
    func drain() {
        guard beginEnding() else { return }
        write(.drain)
        let grace = TimeAmount(limits.grace)
        loop.scheduleTask(in: grace) { [weak self] in
            guard let self, let process = self.livingProcess else { return }
            process.signal(SIGTERM)
            self.loop.scheduleTask(in: grace) { [weak self] in self?.livingProcess?.signal(SIGKILL) }
        }
    }

    /// Ends the process group at once.
    func kill(because reason: String) {
        let process = state.withLock { state -> ChildProcess? in
            if state.killedBecause == nil { state.killedBecause = reason }
            return state.ending == nil ? state.process : nil
        }
        process?.signal(SIGKILL)
    }

    private var livingProcess: ChildProcess? { state.withLock { $0.ending == nil ? $0.process : nil } }

    private func beginEnding() -> Bool {
        state.withLock { state in
            guard state.phase == .serving else { return false }
            state.phase = .ending
            return true
        }
    }
}
