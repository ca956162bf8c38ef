package import FoundationEssentials
package import FunctionRuntime
internal import Redis

/// Follows a job: the events since a number, then each as it comes, until the job ends.
package struct JobWatch: Sendable {
    /// What a watcher is to show.
    package enum Step: Sendable {
        case event(JobEvent)
        /// Nothing has happened for a while; say so, so that nobody between takes the connection for dead.
        case quiet
    }

    private let store: JobStore
    private let notifier: JobNotifier
    /// How often the truth is looked at although nobody gave a hint: what a watcher waits for at most while Redis is away.
    private let pollInterval: Duration
    /// How long nothing may be said.
    private let heartbeat: Duration

    package init(
        _ store: JobStore, _ notifier: JobNotifier, pollInterval: Duration = .seconds(2),
        heartbeat: Duration = .seconds(15)
    ) {
        self.store = store
        self.notifier = notifier
        self.pollInterval = pollInterval
        self.heartbeat = heartbeat
    }

    /// Follows a job until it has ended.
    ///
    /// - Parameters:
    ///   - sequence: the last event the watcher has seen; 0 for none.
    ///   - show: called for each step, in order.
    /// - Throws: what `show` throws; `Failure.notFound`; `CancellationError`.
    package func follow(
        _ job: UUID, after sequence: Int, user: UUID, log: Log, show: @Sendable @escaping (Step) async throws -> Void
    ) async throws {
        let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await showEvents(of: job, after: sequence, user: user, on: signals, show: show)
                return true
            }
            group.addTask {
                await passHints(on: job, to: signal, log: log)
                return false
            }
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: pollInterval)
                    signal.yield()
                }
                return false
            }
            while let isOver = try await group.next(), !isOver {}
            group.cancelAll()
        }
    }

    private func showEvents(
        of job: UUID, after sequence: Int, user: UUID, on signals: AsyncStream<Void>,
        show: @Sendable (Step) async throws -> Void
    ) async throws {
        var last = sequence
        var spoken = ContinuousClock.now
        var signals = signals.makeAsyncIterator()
        while true {
            let history = try await store.history(of: job, after: last, user: user)
            for event in history.events {
                try await show(.event(event))
                last = event.sequence
                spoken = .now
            }
            if history.isComplete(after: last) { return }
            if spoken.duration(to: .now) >= heartbeat {
                try await show(.quiet)
                spoken = .now
            }
            if await signals.next() == nil { throw CancellationError() }
        }
    }

    private func passHints(on job: UUID, to signal: AsyncStream<Void>.Continuation, log: Log) async {
        do {
            for try await _ in notifier.hints(for: job) { signal.yield() }
        } catch {
            log.warning("Redis gives no hints; the job is looked at every \(pollInterval)", ["error": "\(error)"])
        }
    }
}
