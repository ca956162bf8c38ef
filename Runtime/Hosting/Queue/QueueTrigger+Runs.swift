import FoundationEssentials
import FunctionRuntime
import JSON
import Logging
import Queue
import Redis
import Synchronization

extension QueueTrigger {
    /// Runs a message and settles it.
    func handle(_ message: LeasedMessage, _ number: Int) async {
        let outcome = await outcome(of: message)
        // The settling must go through even when this task was canceled: that is when leases are given back.
        await Task { await self.settle(message, outcome) }.value
        intake.update { $0.settle(number) }
    }

    private func outcome(of message: LeasedMessage) async -> QueueOutcome {
        // A host that dies again and again on a message never gets to settle it.
        guard message.attempt <= options.attempts else {
            return .kill(reason: "the host ended \(message.attempt - 1) times while the message was at work")
        }
        guard await intake.wait(for: { $0.begin() }) != nil else { return .release }
        let outcome = await run(message, isAlone: false)
        guard case .isolate(let reason) = outcome else {
            intake.update { $0.end() }
            return outcome
        }
        intake.update { $0.suspect() }
        counters.withLock { $0.isolated += 1 }
        logger.warning(
            "The process crashed with several messages; each of them runs alone now.",
            metadata: ["message": "\(message.id)", "reason": "\(reason)"])
        guard await intake.wait(for: { $0.beginIsolated() }) != nil else {
            intake.update { $0.dropSuspect() }
            return .release
        }
        defer { intake.update { $0.endIsolated() } }
        return await run(message, isAlone: true)
    }

    private func run(_ message: LeasedMessage, isAlone: Bool) async -> QueueOutcome {
        let event = Message<JSON>(
            id: message.id, queue: queue.name, attempt: message.attempt,
            enqueuedAt: Date(timeIntervalSince1970: Double(message.enqueuedAt) / 1000), body: message.body)
        let invocation = Invocation(
            id: InvocationIdentifier.make(), event: .queue(event), traceparent: TraceParent.make().text,
            attempt: message.attempt)
        var failure: InvocationFailure?
        do throws(InvocationFailure) {
            _ = try await invoker.invoke(invocation) { [progressed] _ in progressed.yield(message) }
        } catch {
            failure = error
        }
        return QueueOutcome(
            failure, attempt: message.attempt, of: options.attempts, isAlone: isAlone, isStopping: Task.isCancelled)
    }

    /// Writes the outcome down, and tries again while Redis is away, until the lease is over anyway.
    private func settle(_ message: LeasedMessage, _ outcome: QueueOutcome) async {
        let end = ContinuousClock.now + options.lease
        while true {
            do {
                if try await !write(outcome, for: message) {
                    logger.warning(
                        "The message was settled by somebody else: its lease had been lost.",
                        metadata: ["message": "\(message.id)"])
                }
                return
            } catch {
                guard (error as? RedisError)?.isTransient == true, .now < end else {
                    logger.error(
                        "The outcome of a message was not written; it will run again.",
                        metadata: ["message": "\(message.id)", "outcome": "\(outcome)", "reason": "\(error)"])
                    return
                }
                await pauseAfterTrouble()
            }
        }
    }

    private func write(_ outcome: QueueOutcome, for message: LeasedMessage) async throws -> Bool {
        switch outcome {
        case .acknowledge:
            defer { counters.withLock { $0.acknowledged += 1 } }
            return try await queue.acknowledge(message)
        case .retry(let hint, let reason):
            let delay = options.retry.delay(afterAttempt: message.attempt, hint: hint)
            let isWritten = try await queue.retry(message, after: delay)
            counters.withLock { $0.retried += 1 }
            logger.info(
                "The message is tried again.",
                metadata: [
                    "message": "\(message.id)", "attempt": "\(message.attempt)", "after": "\(delay)",
                    "reason": "\(reason)",
                ])
            return isWritten
        case .postpone(let reason), .isolate(let reason):
            let isWritten = try await queue.postpone(message, after: options.retry.delay(afterAttempt: 1))
            counters.withLock { $0.postponed += 1 }
            logger.notice(
                "The message could not begin and is tried again.",
                metadata: ["message": "\(message.id)", "reason": "\(reason)"])
            return isWritten
        case .release:
            let isWritten = try await queue.release(message)
            counters.withLock { $0.released += 1 }
            return isWritten
        case .kill(let reason):
            // One attempt more than there are is one that did not take place.
            let attempts = min(message.attempt, options.attempts)
            let isWritten = try await queue.kill(message, reason: reason, attempts: attempts)
            counters.withLock { $0.killed += 1 }
            logger.error(
                "The message was given up and is a dead letter.",
                metadata: ["message": "\(message.id)", "attempt": "\(message.attempt)", "reason": "\(reason)"])
            return isWritten
        }
    }
}
