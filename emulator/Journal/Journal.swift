import FoundationEssentials
import FunctionRuntime
import Hosting
import JSON
import Synchronization

/// What happened lately: the newest log lines and invocations, and everything new to whoever listens.
///
/// Bounded: it keeps a fixed number of each, and a listener that does not keep up loses the oldest lines.
final class Journal: InvocationObserver, Notices {
    private struct State {
        var sequence = 0
        var lines = Ring<LogLine>(capacity: 2000)
        var invocations = Ring<InvocationRecord>(capacity: 500)
        /// Timers fire all the time: they have a ring of their own, so that they do not push everything else out.
        var ticks = Ring<InvocationRecord>(capacity: 20)
        /// What the invocations in flight are about.
        var subjects: [String: String] = [:]
        /// Functions whose last tick failed: of those that follow only their timer tells, once a minute.
        var failingTicks: Set<String> = []
        var listeners: [Int: AsyncStream<LogLine>.Continuation] = [:]
        var nextListener = 0
    }

    private let state = Mutex(State())

    /// The newest lines, oldest first.
    var lines: [LogLine] { state.withLock { $0.lines.elements } }
    /// The newest invocations, oldest first.
    var invocations: [InvocationRecord] {
        state.withLock { $0.invocations.elements + $0.ticks.elements }.sorted { $0.finished < $1.finished }
    }
    /// How many invocations run right now.
    var running: Int { state.withLock { $0.subjects.count } }

    func info(_ message: String) { add(LogLine(level: .info, message: message)) }
    func warning(_ message: String) { add(LogLine(level: .warning, message: message)) }

    /// Adds one line and tells the listeners.
    func add(_ line: LogLine) {
        state.withLock { state in
            state.sequence += 1
            var line = line
            line.sequence = state.sequence
            state.lines.append(line)
            for listener in state.listeners.values { listener.yield(line) }
        }
    }

    /// Every line from now on.
    ///
    /// - Parameter replay: whether to begin with the lines that are kept.
    func follow(replay: Bool) -> AsyncStream<LogLine> {
        let (stream, continuation) = AsyncStream.makeStream(of: LogLine.self, bufferingPolicy: .bufferingNewest(4000))
        let number = state.withLock { state in
            if replay {
                for line in state.lines.elements { continuation.yield(line) }
            }
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    /// Ends all streams of lines: the emulator stops.
    func finish() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            return state.listeners.values.map { $0 }
        }
        for listener in listeners { listener.finish() }
    }

    func observe(_ event: HostingEvent) {
        switch event {
        case .started(_, let invocation, _):
            let subject = Self.subject(of: invocation.event)
            state.withLock { $0.subjects[invocation.id] = subject }
        case .finished(let summary):
            finish(summary)
        case .log(let function, let instance, let invocation, let record):
            add(
                LogLine(
                    level: record.level, function: function, instance: instance,
                    invocation: invocation, message: record.message, fields: .object(record.fields)))
        case .standardError(let function, let instance, let line):
            add(LogLine(level: .info, function: function, instance: instance, message: line))
        case .progress:
            break
        case .processReady(let function, let instance, let process, let build, let startup):
            let message = "started \(instance) (process \(process), build \(build)) in \(startup.milliseconds) ms"
            add(LogLine(level: .debug, function: function, instance: instance, message: message))
        case .processFailed(let function, let instance, let message):
            add(LogLine(level: .error, function: function, instance: instance, message: message))
        case .processCrashed(let report):
            add(LogLine(level: .error, function: report.function, instance: report.instance, message: "\(report)"))
        case .processStopped(let function, let instance):
            add(LogLine(level: .debug, function: function, instance: instance, message: "stopped \(instance)"))
        case .replaced(let function, let build):
            add(LogLine(level: .info, function: function, message: "build \(build) serves now"))
        case .replacementFailed:
            break  // whoever asked for the replacement hears of it, and says so
        }
    }

    private func finish(_ summary: InvocationSummary) {
        let subject = state.withLock { $0.subjects.removeValue(forKey: summary.id) }
        let record = InvocationRecord(
            id: summary.id, function: summary.function, trigger: summary.trigger,
            subject: subject ?? summary.trigger, finished: Date(), instance: summary.instance, build: summary.build,
            status: summary.trigger == "http" ? summary.status : nil, failure: summary.failure.map(Self.words),
            timing: summary.timing)
        let isTick = summary.trigger == "timer"
        let isNews = state.withLock { state in
            guard isTick else {
                state.invocations.append(record)
                return true
            }
            state.ticks.append(record)
            // A tick that went well is no news, nor is one more that failed.
            guard record.failure != nil else {
                state.failingTicks.remove(record.function)
                return false
            }
            return state.failingTicks.insert(record.function).inserted
        }
        guard isNews else { return }
        add(
            LogLine(
                level: record.failure == nil ? .info : .warning, function: record.function, instance: record.instance,
                invocation: record.id,
                message: "\(record.subject) → \(record.outcome) in \(record.timing.total.milliseconds) ms"))
    }

    /// What an invocation is about, in a few words.
    static func subject(of event: Invocation.Event) -> String {
        switch event {
        case .http(let request): "\(request.method.rawValue) \(request.path)"
        case .queue(let message): "queue \(message.queue), message \(message.id), attempt \(message.attempt)"
        case .object(let object): "object \(object.key) \(object.event.rawValue)"
        case .timer(let tick): "timer \(tick.schedule)"
        }
    }

    /// Why an invocation has no answer, in a few words.
    static func words(for failure: InvocationFailure) -> String {
        switch failure {
        case .function(let failure): "\(failure.code.rawValue): \(failure.message)"
        case .crashed(let report, _): report.reason
        case .deadline: "deadline passed"
        case .canceled(let reason): "canceled (\(reason.rawValue))"
        case .unavailable(.queueFull): "too many calls wait"
        case .unavailable(.waitedTooLong): "waited too long for a process"
        case .unavailable(.cannotStart(let message)): "cannot start: \(message)"
        case .unavailable(.stopping): "stopping"
        }
    }
}
