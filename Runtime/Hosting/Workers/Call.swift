import FunctionRuntime
import Synchronization

/// One invocation on its way through pool and process: joins the waiting caller and the frames that come back.
final class Call: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct State {
        var caller: CheckedContinuation<Result<InvocationAnswer, InvocationFailure>, Never>?
        /// Until the caller has it: from then on only the caller keeps a streamed answer alive, so that dropping it is noticed.
        var outcome: Result<InvocationAnswer, InvocationFailure>?
        var isAnswered = false
        var worker: Worker?
        weak var stream: AnswerStream?
        var isStreaming = false
        var status: Int?
        var assigned: Instant?
        var answered: Instant?
        var processStart: Duration = .zero
        var isOver = false
        /// Starts that observers have yet to hear of.
        var unannounced = 0
        /// The end, if it came before them.
        var summary: InvocationSummary?
    }

    let number: CallNumber
    let invocation: Invocation
    let control: InvocationControl
    let submitted = Instant.now
    private let state = Mutex(State())

    init(number: CallNumber, invocation: Invocation, control: InvocationControl) {
        self.number = number
        self.invocation = invocation
        self.control = control
    }

    /// The process that has the call.
    var worker: Worker? { state.withLock { $0.worker } }

    /// Waits for the answer, or for its head when it streams.
    func result() async -> Result<InvocationAnswer, InvocationFailure> {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Result<InvocationAnswer, InvocationFailure>? in
                if state.outcome == nil { state.caller = continuation }
                return state.outcome.take()
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    /// A process takes the call.
    func assign(_ worker: Worker) {
        let now = Instant.now
        state.withLock { state in
            state.worker = worker
            state.assigned = now
            state.unannounced += 1
            if let ready = worker.readyAt, ready > submitted {
                state.processStart = min(worker.startup, ready - submitted)
            }
        }
    }

    /// Observers have heard that it was started. Returns the end that they are to hear of now, if it was faster than that.
    func announced() -> InvocationSummary? {
        state.withLock { state in
            state.unannounced -= 1
            return state.unannounced == 0 ? state.summary.take() : nil
        }
    }

    /// The process died before the call reached it.
    func unassign() {
        state.withLock { $0.worker = nil }
    }

    /// The answer, or its head: the caller goes on.
    func answer(_ answer: InvocationAnswer) {
        let now = Instant.now
        let caller = state.withLock {
            state -> CheckedContinuation<Result<InvocationAnswer, InvocationFailure>, Never>? in
            guard !state.isAnswered else { return nil }
            state.isAnswered = true
            state.answered = now
            state.status = answer.status
            if case .stream(let stream) = answer.body {
                state.stream = stream
                state.isStreaming = true
            }
            if state.caller == nil { state.outcome = .success(answer) }
            return state.caller.take()
        }
        caller?.resume(returning: .success(answer))
    }

    /// The answer streams.
    var isStreaming: Bool { state.withLock { $0.isStreaming } }

    /// The stream of the answer, as long as somebody holds it.
    var stream: AnswerStream? { state.withLock { $0.stream } }

    /// The invocation is over. Returns its numbers the first time, nil after that, and nil when observers have yet to hear of its
    /// start: then ``announced()`` has them.
    func finish(_ failure: InvocationFailure?, function: String) -> InvocationSummary? {
        let now = Instant.now
        var caller: CheckedContinuation<Result<InvocationAnswer, InvocationFailure>, Never>?
        var stream: AnswerStream?
        var isFirst = false
        let summary = state.withLock { state -> InvocationSummary? in
            guard !state.isOver else { return nil }
            state.isOver = true
            isFirst = true
            stream = state.stream
            if !state.isAnswered, let failure {
                state.isAnswered = true
                if state.caller == nil { state.outcome = .failure(failure) }
                caller = state.caller.take()
            }
            var timing = InvocationTiming(total: now - submitted)
            timing.processStart = state.processStart
            timing.queueWait = (state.assigned ?? now) - submitted
            if let assigned = state.assigned { timing.handler = (state.answered ?? now) - assigned }
            let summary = InvocationSummary(
                function: function, id: invocation.id, trigger: invocation.event.kind, instance: state.worker?.name,
                build: state.worker?.build, status: state.status, failure: failure, timing: timing)
            guard state.unannounced == 0 else {
                state.summary = summary
                return nil
            }
            return summary
        }
        guard isFirst else { return nil }
        if let failure { caller?.resume(returning: .failure(failure)) }
        stream?.end(failure.map { .failure($0) } ?? .success(()))
        control.stream?.close()
        return summary
    }
}
