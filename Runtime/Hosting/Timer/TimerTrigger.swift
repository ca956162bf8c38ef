import FoundationEssentials
import FunctionRuntime
package import Logging
import Queue
import ServiceLifecycle

/// Calls a function when its schedule is due: once among all hosts that share a Redis, never while its last call still
/// runs, and once for all the times that were missed meanwhile.
package final class TimerTrigger: Service {
    package let schedule: Schedule
    private let function: String
    private let invoker: any Invoker
    private let claims: TimerClaims?
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Int64
    private let redisOutage: Outage
    private let callOutage: Outage
    private let isRunning = Condition(false)

    /// - Parameters:
    ///   - function: its name, for log lines and for the claim.
    ///   - claims: nil: this host fires alone.
    ///   - redisOutage: shared with whatever else uses the Redis of the claims; nil: its own.
    ///   - clock: sleeps until the due time.
    ///   - now: the time of day in milliseconds since 1970.
    package init(
        schedule: Schedule, function: String, invoker: any Invoker, claims: TimerClaims? = nil,
        redisOutage: Outage? = nil, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Int64 = Queue.systemTime,
        logger: Logger
    ) {
        self.schedule = schedule
        self.function = function
        self.invoker = invoker
        self.claims = claims
        self.clock = clock
        self.now = now
        var logger = logger
        logger[metadataKey: "timer"] = "\(schedule.text)"
        logger[metadataKey: "function"] = "\(function)"
        self.redisOutage = redisOutage ?? Outage("Redis is away", relief: "Redis is back", logger: logger)
        let name = "The timer \(schedule.text) of \(function)"
        callOutage = Outage("\(name) fails", relief: "\(name) succeeds again", logger: logger)
    }

    /// Fires until the service group stops or the task is canceled; a call that runs then is finished first.
    package func run() async throws {
        var due = schedule.next(after: now())
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            let wait = due - now()
            guard wait <= 0 else {
                try? await cancelWhenGracefulShutdown { [clock] in try await clock.sleep(for: .milliseconds(wait)) }
                continue
            }
            due = schedule.latest(from: due, upTo: now())
            if await isMine(due) {
                do {
                    try await fire(due: due)
                    callOutage.isOver()
                } catch {
                    callOutage.noticed(error)
                }
            }
            due = schedule.next(after: due)
        }
    }

    /// Fires by hand, whatever the schedule says; after a call that runs at the moment.
    @discardableResult
    package func fire() async throws(InvocationFailure) -> InvocationAnswer {
        try await fire(due: now())
    }

    @discardableResult
    private func fire(due: Int64) async throws(InvocationFailure) -> InvocationAnswer {
        let mayRun = await isRunning.wait { isRunning -> Bool? in
            guard !isRunning else { return nil }
            isRunning = true
            return true
        }
        guard mayRun != nil else { throw .canceled(.drain) }
        defer { isRunning.update { $0 = false } }
        let tick = Tick(schedule: schedule.text, due: Date(timeIntervalSince1970: Double(due) / 1000))
        return try await invoker.invoke(
            Invocation(id: InvocationIdentifier.make(), event: .timer(tick), traceparent: TraceParent.make().text))
    }

    /// Whether this host fires. While Redis is away every host does: once too often is better than never.
    private func isMine(_ due: Int64) async -> Bool {
        guard let claims else { return true }
        do {
            let isMine = try await claims.claim("\(function) \(schedule.text)", due: due)
            redisOutage.isOver()
            return isMine
        } catch is CancellationError {
            return false
        } catch {
            redisOutage.noticed(error)
            return !Task.isCancelled
        }
    }
}
