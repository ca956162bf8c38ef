package import FoundationEssentials
internal import JSON

/// Runs a function on one invocation after another, from the delivery to the frame that finishes the id. A host, a
/// terminal and a test differ only in the sink.
package struct Runner<F: Function>: Sendable {
    private let function: F
    private let configuration: Configuration
    private let logLevel: LogLevel
    private let clock: @Sendable () -> Date

    package init(
        _ function: F, configuration: Configuration, logLevel: LogLevel,
        clock: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.function = function
        self.configuration = configuration
        self.logLevel = logLevel
        self.clock = clock
    }

    /// Answers one invocation; the last frame it sends is `result`, `end` or `error`.
    package func run(_ active: ActiveInvocation, sink: any FrameSink, limits: FrameLimits = .standard) async {
        let log = Log(minimum: logLevel) { Self.write($0, id: active.id, to: sink) }
        let context = context(of: active, log: log, sink: sink)
        do {
            let event = try await F.Input(
                Delivery(active.invocation, stream: active.stream, bodyLimit: F.limits.body))
            let answer = try await function.call(event, context)
            try await answer.write(to: Reply(id: active.id, sink: sink, credit: active.credit, limits: limits))
        } catch {
            finish(active, with: failure(of: error, active, log), sink: sink, log: log)
        }
    }

    /// Writes a log line; one that is too long for a frame is told of instead.
    package static func write(_ record: LogRecord, id: String?, to sink: any FrameSink) {
        do { try sink.send(.log(id: id, record: record)) } catch {
            let note = LogRecord(level: .warning, message: "a log line was dropped: \(error)")
            do { try sink.send(.log(id: id, record: note)) } catch { StandardStreams.complain(note.message) }
        }
    }

    private func context(of active: ActiveInvocation, log: Log, sink: any FrameSink) -> Context {
        let invocation = active.invocation
        let remaining = invocation.remaining ?? F.limits.timeout
        return Context(
            id: invocation.id, attempt: invocation.attempt,
            deadline: clock().addingTimeInterval(Double(remaining.milliseconds) / 1000),
            trace: invocation.traceparent ?? TraceParent.make(), log: log, configuration: configuration, clock: clock
        ) { value, message in
            do { try sink.send(.progress(id: invocation.id, value: value, message: message)) } catch {
                log.warning("a progress report was dropped: \(error)")
            }
        }
    }

    private func failure(of error: any Error, _ active: ActiveInvocation, _ log: Log) -> Failure {
        switch active.cancelReason {
        case .deadline: return .timeout("it took longer than the \(limit(of: active)) allowed")
        case .clientGone: return .canceled("the client is gone")
        case .drain: return .canceled("the function is shutting down")
        case .user: return .canceled()
        case nil: break
        }
        if let failure = error as? Failure ?? (error as? any FailureConvertible)?.failure {
            if failure.code == .internal { log.error(failure.message) }
            return failure
        }
        log.error("\(F.name) failed: \(error)", ["type": String(reflecting: type(of: error))])
        return .internal("\(F.name) failed; its log has the details under invocation \(active.id)")
    }

    private func limit(of active: ActiveInvocation) -> Duration { active.invocation.remaining ?? F.limits.timeout }

    private func finish(_ active: ActiveInvocation, with failure: Failure, sink: any FrameSink, log: Log) {
        do { try sink.send(.error(id: active.id, failure: failure)) } catch {
            log.error("the failure is too long to be sent", ["error": "\(error)"])
            let short = Failure(failure.code, String(failure.message.prefix(1000)), retry: failure.retry)
            do { try sink.send(.error(id: active.id, failure: short)) } catch {
                StandardStreams.fail("an error frame cannot be sent: \(error)")
            }
        }
    }
}
