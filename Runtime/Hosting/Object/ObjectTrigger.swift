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
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let backlog: Condition<ObjectBacklog<ObjectDelivery>>

    /// - Parameters:
    ///   - subscriptions: asked for each event, since functions come and go while the emulator runs.
    ///   - concurrency: events that are at work at the same time.
    ///   - attempts: calls of a function with one event before it is given up.
    package init(
        source: any ObjectEventSource, subscriptions: @escaping @Sendable () -> [ObjectSubscription],
        concurrency: Int = 32, attempts: Int = 5, retry: RetryPolicy = RetryPolicy(limit: .seconds(30)),
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.source = source
        self.subscriptions = subscriptions
        self.attempts = max(1, attempts)
        self.retry = retry
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
        } while backlog.update { $0.finish(key: key) }
    }

    private func deliver(_ delivery: ObjectDelivery) async {
        let wanted = subscriptions().filter { $0.wants(delivery.object) }
        let isDone = await withTaskGroup(of: Bool.self) { group in
            for subscription in wanted { group.addTask { await self.call(subscription, with: delivery.object) } }
            return await group.reduce(true) { $0 && $1 }
        }
        guard isDone else { return }
        do {
            try await delivery.acknowledge()
        } catch {
            logger.error(
                "An object event was not acknowledged; it will come again.",
                metadata: ["object": "\(delivery.object.key)", "reason": "\(error)"])
        }
    }

    /// Calls one function until it has dealt with the event or its attempts are spent; false when it was stopped before.
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
            let outcome = QueueOutcome(
                failure, attempt: attempt, of: attempts, isAlone: true, isStopping: Task.isCancelled)
            var metadata: Logger.Metadata = [
                "function": "\(subscription.function)", "object": "\(object.bucket)/\(object.key)",
                "event": "\(object.event.rawValue)", "id": "\(object.id)", "attempt": "\(attempt)",
            ]
            waits += 1
            var delay = retry.delay(afterAttempt: waits)
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
}
