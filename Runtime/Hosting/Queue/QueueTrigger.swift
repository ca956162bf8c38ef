import FunctionRuntime
package import Logging
package import Queue
import Redis
import ServiceLifecycle
import Synchronization

/// Brings the messages of a queue to a function: takes as many as it can run, renews their leases while they run, and
/// settles each by its outcome.
///
/// A message that arrives while the trigger is idle ends a blocking read, so that it runs within a millisecond or two.
/// When Redis is away, running messages go on, and the trigger comes back with it.
package final class QueueTrigger: Service {
    let queue: Queue
    let function: String
    let invoker: any Invoker
    let options: QueueTriggerOptions
    let clock: any Clock<Duration>
    let logger: Logger
    /// Told of by all that share the Redis.
    let redisOutage: Outage
    /// What only this queue has, such as a key of another type.
    private let trouble: Outage
    let intake: Condition<QueueIntake>
    let counters = Mutex(QueueTriggerCounts())
    let progress: AsyncStream<LeasedMessage>
    let progressed: AsyncStream<LeasedMessage>.Continuation

    /// - Parameters:
    ///   - function: its name, for log lines.
    ///   - redisOutage: shared with whatever else uses that Redis; nil: its own.
    ///   - clock: by which renewals and retries are timed.
    package init(
        queue: Queue, function: String, invoker: any Invoker, options: QueueTriggerOptions,
        redisOutage: Outage? = nil, clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.queue = queue
        self.function = function
        self.invoker = invoker
        self.options = options
        self.clock = clock
        var logger = logger
        logger[metadataKey: "queue"] = "\(queue.name)"
        logger[metadataKey: "function"] = "\(function)"
        self.logger = logger
        self.redisOutage = redisOutage ?? Outage(of: queue.redis, logger: logger)
        trouble = Outage(
            "The queue \(queue.name) cannot be read", relief: "The queue \(queue.name) can be read again",
            logger: logger)
        intake = Condition(QueueIntake(capacity: options.concurrency))
        (progress, progressed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
    }

    /// What it has done so far.
    package var counts: QueueTriggerCounts { counters.withLock { $0 } }

    /// Whether it takes no more messages because it was told to stop.
    package var isDraining: Bool { intake.update { $0.isDraining } }

    /// Takes no more messages; those that run go on.
    package func pause() {
        intake.update { $0.isPaused = true }
    }

    /// Takes messages again.
    package func resume() {
        intake.update { $0.isPaused = false }
    }

    /// Works until the service group stops or the task is canceled; then lets running messages finish for as long as
    /// `options.drain`, cancels the rest and gives them back.
    package func run() async throws {
        await withTaskGroup(of: Void.self) { companions in
            companions.addTask { await self.renewLeases() }
            companions.addTask { await self.renewOnProgress() }
            companions.addTask { await self.promote() }
            await withDiscardingTaskGroup { runs in
                while await self.takeMessages(into: &runs) {}
                await self.finish(&runs)
            }
            companions.cancelAll()
        }
    }

    /// Takes messages once; false when the trigger is to stop.
    private func takeMessages(into runs: inout DiscardingTaskGroup) async -> Bool {
        do {
            // Cancelled means: take nothing more. What Redis had handed out in that moment still comes back.
            let messages = try await cancelWhenGracefulShutdown {
                guard let room = await self.intake.wait(for: { $0.room }) else { return [LeasedMessage]() }
                return try await self.next(max: room)
            }
            redisOutage.isOver()
            trouble.isOver()
            let isPaused = intake.update { $0.isPaused }
            for message in messages {
                // Paused while it was being read.
                guard !isPaused else {
                    try await queue.release(message)
                    counters.withLock { $0.released += 1 }
                    continue
                }
                counters.withLock { $0.received += 1 }
                let number = intake.update { $0.take(message) }
                runs.addTask { await self.handle(message, number) }
            }
        } catch is CancellationError {
            return false
        } catch {
            noticed(error)
            await pauseAfterTrouble()
        }
        return !Task.isCancelled && !Task.isShuttingDownGracefully
    }

    /// Lost messages first: they have waited longest.
    private func next(max: Int) async throws -> [LeasedMessage] {
        if lookoutIsDue.withLock({ $0 <= .now }) {
            // After a time without Redis its own leases look lost too.
            let held = intake.update { Array($0.held.values) }
            if !held.isEmpty { await renew(held) }
            let reclaimed = try await queue.reclaim(idle: options.idle, max: max)
            counters.withLock { $0.reclaimed += reclaimed.count }
            guard reclaimed.isEmpty else { return reclaimed }
            lookoutIsDue.withLock { $0 = .now + options.lookout }
        }
        return try await queue.receive(max: max, block: options.lookout)
    }

    private let lookoutIsDue = Mutex(ContinuousClock.now)

    /// Lets what runs finish, then takes it back.
    private func finish(_ runs: inout DiscardingTaskGroup) async {
        intake.update { $0.isDraining = true }
        if !Task.isCancelled {
            let isDone = await withTaskGroup(of: Bool.self) { group in
                group.addTask { await self.intake.wait { $0.held.isEmpty ? true : nil } ?? false }
                group.addTask {
                    // Canceled: everything was finished in time.
                    try? await self.clock.sleep(for: self.options.drain)
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
            if isDone { return }
        }
        runs.cancelAll()
    }

    /// Moves delayed messages to their streams when they become due.
    private func promote() async {
        while !Task.isCancelled {
            var pause = Duration.milliseconds(500)
            do {
                // Another publisher's message may become due before the one that is next now.
                pause = min(pause, try await queue.promoteDue() ?? pause)
            } catch {
                // The reader of the queue tells about it.
                logger.debug("Delayed messages cannot be looked at.", metadata: ["reason": "\(error)"])
            }
            try? await clock.sleep(for: pause)
        }
    }

    private func renewLeases() async {
        while !Task.isCancelled {
            try? await clock.sleep(for: options.renewal)
            let held = intake.update { Array($0.held.values) }
            if !held.isEmpty && !Task.isCancelled { await renew(held) }
        }
    }

    private func renewOnProgress() async {
        var last: [String: ContinuousClock.Instant] = [:]
        for await message in progress {
            if let last = last[message.entry], .now - last < options.renewal / 2 { continue }
            last = last.filter { .now - $0.value < options.renewal }
            last[message.entry] = .now
            await renew([message])
        }
    }

    private func renew(_ messages: [LeasedMessage]) async {
        do {
            let renewed = try await queue.extend(messages)
            // One that was settled meanwhile has no lease any more, and that is as it should be.
            let held = intake.update { Set($0.held.values) }
            for lost in Set(messages).subtracting(renewed).intersection(held) {
                counters.withLock { $0.leasesLost += 1 }
                logger.warning("The lease of a running message was lost.", metadata: ["message": "\(lost.id)"])
            }
        } catch {
            noticed(error)
        }
    }

    private func noticed(_ error: any Error) {
        let isAway = (error as? RedisError)?.isTransient == true
        (isAway ? redisOutage : trouble).noticed(error)
    }

    func pauseAfterTrouble() async {
        try? await cancelWhenGracefulShutdown { try await self.clock.sleep(for: .milliseconds(.random(in: 100..<300))) }
    }
}
