import FunctionRuntime
import NIOCore
import Synchronization

/// What the function says. Runs on the event loop of the pipes.
extension Worker {
    func receive(_ frame: Frame) {
        switch frame {
        case .hello(let hello): greet(hello)
        case .ready: becomeReady()
        case .initError(let message, let errors): initializationFailed(message, errors)
        case .result(let id, let http, let body): result(id, http, body)
        case .head(let id, let http): head(id, http)
        case .chunk(let id, let bytes): chunk(id, bytes)
        case .end(let id): finish(id, .success(nil))
        case .error(let id, let failure): finish(id, .failure(.function(failure)))
        case .log(let id, let record):
            owner?.worker(self, said: .log(function: function.description.name, instance: name, invocation: id, record))
        case .progress(let id, let value, let message): progress(id, InvocationProgress(value: value, message: message))
        case .credit(let id, let bytes): state.withLock { $0.calls[id] }?.call.control.stream?.grant(bytes)
        case .bye: state.withLock { if $0.phase == .serving { $0.phase = .ending } }
        case .initialize, .invoke, .cancel, .drain, .unknown: break
        }
    }

    // MARK: Handshake

    private func greet(_ hello: Frame.Hello) {
        let isFirst = state.withLock { state in
            guard state.phase == .starting else { return false }
            state.phase = .greeted
            state.hello = hello
            return true
        }
        guard isFirst else { return }
        guard hello.protocolVersion == Frame.protocolVersion else {
            return startFailed(
                "\(function.path) speaks version \(hello.protocolVersion) of the invocation protocol; this host speaks "
                    + "\(Frame.protocolVersion). Build both from the same sources.")
        }
        write(.initialize(instance: name, limits: .standard))
    }

    private func becomeReady() {
        let concurrency = state.withLock { state -> Int? in
            guard state.phase == .greeted, state.startFailure == nil else { return nil }
            state.phase = .serving
            state.readyAt = .now
            return state.hello?.concurrency
        }
        if let concurrency { owner?.workerIsReady(self, concurrency: concurrency) }
    }

    private func initializationFailed(_ message: String, _ errors: [String]) {
        startFailed(([message] + errors.filter { !message.contains($0) }).joined(separator: "\n"))
    }

    /// It will not come to `ready`. The owner hears of it when the process is gone.
    func startFailed(_ message: String) {
        state.withLock { state in
            if state.startFailure == nil { state.startFailure = message }
        }
        kill(because: message)
    }

    // MARK: Answers

    private func result(_ id: String, _ http: HTTPHead?, _ body: FrameBody) {
        guard let entry = state.withLock({ $0.calls[id] }) else { return }
        if entry.graceEnds == nil {
            let answer = InvocationAnswer(
                status: http?.status ?? 200, headers: http?.headers ?? [:], body: .whole(body.bytes ?? []),
                build: build ?? "", instance: name)
            entry.call.answer(answer)
        }
        finish(id, .success(nil))
    }

    private func head(_ id: String, _ http: HTTPHead) {
        guard let entry = state.withLock({ $0.calls[id] }), entry.graceEnds == nil, entry.call.stream == nil else {
            return
        }
        let stream = AnswerStream(
            credit: FrameLimits.standard.credit,
            giveCredit: { [weak self] bytes in self?.write(.credit(id: id, bytes: bytes)) },
            giveUp: { [weak self, weak call = entry.call] reason in
                guard let self, let call else { return }
                (self.owner as? ProcessPool)?.cancel(call, reason)
            })
        entry.call.answer(
            InvocationAnswer(
                status: http.status, headers: http.headers, body: .stream(stream), build: build ?? "", instance: name))
    }

    private func chunk(_ id: String, _ bytes: [UInt8]) {
        guard let entry = state.withLock({ $0.calls[id] }), entry.graceEnds == nil else { return }
        guard entry.call.isStreaming else {
            return breakOff("it sent a chunk for \(id) before a head")
        }
        if entry.call.stream?.receive(bytes) == false {
            breakOff("it sent more of the body of \(id) than it had credit for")
        }
    }

    private func progress(_ id: String, _ progress: InvocationProgress) {
        guard let entry = state.withLock({ $0.calls[id] }), entry.graceEnds == nil else { return }
        entry.call.control.onProgress?(progress)
        owner?.worker(self, said: .progress(function: function.description.name, invocation: id, progress))
    }

    /// The function has finished an id. What still comes for it is dropped.
    func finish(_ id: String, _ result: Result<InvocationAnswer?, InvocationFailure>) {
        guard let entry = state.withLock({ $0.calls.remove(id) }) else { return }
        if entry.graceEnds != nil { return owner?.workerFinishedAbandonedCall(self) ?? () }
        switch result {
        case .success: owner?.worker(self, finished: entry.call, nil)
        case .failure(let failure): owner?.worker(self, finished: entry.call, failure)
        }
    }

    /// The process does not keep to the protocol: it is ended, and the reason is on record.
    func breakOff(_ reason: String) {
        let isStarting = state.withLock { $0.phase == .starting || $0.phase == .greeted }
        if isStarting { startFailed("\(function.path) is not a function: \(reason).") } else { kill(because: reason) }
    }
}
