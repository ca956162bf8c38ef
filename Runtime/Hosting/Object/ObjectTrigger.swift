import FunctionRuntime
package import Logging
package import Queue
import ServiceLifecycle
import Synchronization

/// Brings the events of an object store to the functions that want them: in order for each key, side by side for
/// different keys. An event is acknowledged when every function has dealt with it, or has failed for the last time.
package final class ObjectTrigger: Service {
    private let source: any ObjectEventSource
    private let subscriptions: @Sendable () -> [ObjectSubscription]
    private let attempts: Int
    private let retry: RetryPolicy
    /// For what is nobody's fault: short, so that an outage is over soon after its cause.
    private let pause: RetryPolicy
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let backlog: Condition<ObjectBacklog<ObjectDelivery>>

    /// - Parameters:
    ///   - subscriptions: asked for each event, since functions come and go while the emulator runs.
    ///   - concurrency: events that are at work at the same time.
    ///   - attempts: calls of a function with one event before it is given up. An outage of what it needs is not counted.
    package init(
        source: any ObjectEventSource, subscriptions: @escaping @Sendable () -> [ObjectSubscription],
        concurrency: Int = 32, attempts: Int = 5, retry: RetryPolicy = RetryPolicy(limit: .seconds(30)),
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.source = source
        self.subscriptions = subscriptions
        self.attempts = max(1, attempts)
        self.retry = retry
        pause = RetryPolicy(base: retry.base, limit: min(retry.limit, .seconds(5)))
        self.clock = clock
        self.logger = logger
        backlog = Condition(ObjectBacklog(capacity: concurrency))
    }

    /// Works until the source ends, the service group stops or the task is canceled. What is not acknowledged then comes
    /// again from the source.
    /// - Throws: what the source throws.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingDiscardingTaskGroup { group in
                for try await delivery in self.source.deliveries() {
                    let key = "\(delivery.object.bucket)/\(delivery.object.key)"
                    guard let isFirst = await self.backlog.wait(for: { $0.add(delivery, key: key) }) else { return }
                    if isFirst { group.addTask { await self.work(on: key) } }
                }
            }
        }
    }

    private func work(on key: String) async {
        repeat {
            guard let delivery = backlog.update({ $0.first(key: key) }) else { return }
            await deliver(delivery)
            if Task.isCancelled { return }
        } while backlog.update { $0.finish(key: key) }
    }

    /// Stays with an event until it is acknowledged: its source does not bring it again before the next start.
    ///
    /// Subscriptions are asked for anew each time, so that a pool that was replaced is left for the one that took over.
    /// An event that no function wants at that moment is acknowledged.
    private func deliver(_ delivery: ObjectDelivery) async {
        var dealtWith: Set<String> = []
        var waits = 0
        while !Task.isCancelled {
            let reason: String
            if await call(delivery.object, dealtWith: &dealtWith) {
                do {
                    return try await delivery.acknowledge()
                } catch {
                    reason = "it was not acknowledged: \(error)"
                }
            } else {
                reason = "a function gave it back"
            }
            if Task.isCancelled { return }
            waits += 1
            let delay = pause.delay(afterAttempt: waits)
            logger.warning(
                "The object event is not finished; trying again.",
                metadata: [
                    "object": "\(delivery.object.bucket)/\(delivery.object.key)", "reason": "\(reason)",
                    "after": "\(delay)",
                ])
            try? await clock.sleep(for: delay)
        }
    }

    /// Calls the functions that want the object and have not dealt with it; whether all of them have now.
    private func call(_ object: StoredObject, dealtWith: inout Set<String>) async -> Bool {
        let wanted = subscriptions().filter { $0.wants(object) && !dealtWith.contains($0.identity) }
        return await withTaskGroup(of: (String, Bool).self) { group in
            for subscription in wanted {
                group.addTask { (subscription.identity, await self.call(subscription, with: object)) }
            }
            var isDone = true
            for await (identity, isFinished) in group {
                if isFinished { dealtWith.insert(identity) } else { isDone = false }
            }
            return isDone
        }
    }

    /// Calls one function until it has dealt with the event or its attempts are spent; false when it was stopped, or the
    /// function's pool was, before.
    private func call(_ subscription: ObjectSubscription, with object: StoredObject) async -> Bool {
        var attempt = 1
        var waits = 0
        while !Task.isCancelled {
            var failure: InvocationFailure?
            do throws(InvocationFailure) {
                let invocation = Invocation(
                    id: InvocationIdentifier.make(), event: .object(object), traceparent: TraceParent.make().text,
                    attempt: attempt)
                _ = try await subscription.invoker.invoke(invocation)
            } catch {
                failure = error
            }
            let outcome =
                Self.outage(failure)
                ?? QueueOutcome(failure, attempt: attempt, of: attempts, isAlone: true, isStopping: Task.isCancelled)
            var metadata: Logger.Metadata = [
                "function": "\(subscription.function)", "object": "\(object.bucket)/\(object.key)",
                "event": "\(object.event.rawValue)", "id": "\(object.id)", "attempt": "\(attempt)",
            ]
            waits += 1
            var delay = pause.delay(afterAttempt: waits)
            switch outcome {
            case .acknowledge: return true
            case .release: return false
            case .kill(let reason):
                metadata["reason"] = "\(reason)"
                logger.error("The object event was given up: a dead letter.", metadata: metadata)
                return true
            case .retry(let hint, let reason):
                delay = retry.delay(afterAttempt: attempt, hint: hint)
                attempt += 1
                metadata["reason"] = "\(reason)"
            case .postpone(let reason), .isolate(let reason): metadata["reason"] = "\(reason)"
            }
            metadata["after"] = "\(delay)"
            logger.warning("The object event is tried again.", metadata: metadata)
            try? await clock.sleep(for: delay)
        }
        return false
    }

    /// What the function needs is away, and it asks to be called again: nothing is counted, since a store's event comes
    /// once and giving it up would lose it. Nil for every other failure.
    private static func outage(_ failure: InvocationFailure?) -> QueueOutcome? {
        guard case .function(let failure) = failure, failure.retry != .never,
            failure.code == .unavailable || failure.code == .timeout, !Task.isCancelled
        else { return nil }
        return .postpone(reason: "\(failure)")
    }
}
