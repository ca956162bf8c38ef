import ServiceLifecycle
import Synchronization

/// A private server that is kept running: started, probed, restarted with back-off when it dies, and stopped in order.
final class SupervisedServer: Service {
    /// How long it may take to become ready, and to end after it was asked to.
    private static let patience = Duration.seconds(30)
    /// A server that lived this long starts its back-off anew.
    private static let stable = Duration.seconds(20)

    private struct State {
        var process: ServerProcess?
        var stopping = false
        var status: ServiceStatus
    }

    let command: ServerCommand
    private let notices: any Notices
    private let probe: @Sendable () async -> Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - command: what to run.
    ///   - address: where it listens, for people.
    ///   - notices: who is told that it died and was restarted.
    ///   - probe: whether it answers; asked repeatedly until it does.
    init(
        _ command: ServerCommand, address: String, notices: any Notices, probe: @escaping @Sendable () async -> Bool
    ) {
        self.command = command
        self.notices = notices
        self.probe = probe
        state = Mutex(State(status: ServiceStatus(name: command.name, phase: .starting, address: address)))
    }

    /// What is known of it now.
    var status: ServiceStatus { state.withLock { $0.status } }

    /// Starts it and waits until it answers.
    ///
    /// - Throws: ``EmulatorError`` with the end of its log when it ends at once or does not answer in time.
    func start() async throws {
        let process = try await launch()
        let clock = ContinuousClock()
        let limit = clock.now + Self.patience
        while await !probe() {
            if let status = process.status {
                throw EmulatorError("\(command.name) ended at once (\(Self.words(for: status))).\(logTail)")
            }
            if clock.now > limit {
                process.signal(command.killSignal)
                throw EmulatorError("\(command.name) did not answer within \(Self.patience).\(logTail)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Supervises it until the group shuts down, then stops it.
    func run() async throws {
        await withTaskGroup { group in
            group.addTask { await self.supervise() }
            group.addTask {
                try? await gracefulShutdown()  // throws only when canceled, which also means: stop
                await self.stop()
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Asks it to end, waits, and ends it when it takes too long.
    func stop() async {
        let process = state.withLock { state in
            state.stopping = true
            return state.process
        }
        if let process {
            process.signal(command.stopSignal)
            await withTaskGroup { group in
                group.addTask { _ = await process.ended() }
                group.addTask {
                    try? await Task.sleep(for: Self.patience)  // canceled at once when the process has ended
                    process.signal(self.command.killSignal)
                }
                await group.next()
                group.cancelAll()
            }
        }
        update { status in
            status.phase = .stopped
            status.process = nil
        }
    }

    /// Waits for its end and starts it again, until it is being stopped.
    private func supervise() async {
        let clock = ContinuousClock()
        var delay = Duration.milliseconds(50)
        var started = clock.now
        while let process = state.withLock({ $0.stopping ? nil : $0.process }) {
            let end = await process.ended()
            guard !state.withLock({ $0.stopping }) else { return }
            delay = clock.now - started > Self.stable ? .milliseconds(50) : min(delay * 2, .seconds(5))
            notices.warning(
                "\(command.name) ended unexpectedly (\(Self.words(for: end))); starting it again.\(logTail)")
            update { status in
                status.phase = .restarting
                status.process = nil
                status.restarts += 1
            }
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            started = clock.now
            do {
                try await launch()
            } catch {
                notices.warning("\(error)")
            }
        }
    }

    @discardableResult
    private func launch() async throws -> ServerProcess {
        let process = try await ServerProcess.start(command)
        let late = state.withLock { state in
            state.process = process
            state.status.process = process.id
            state.status.phase = .running
            return state.stopping
        }
        if late { process.signal(command.stopSignal) }
        return process
    }

    private func update(_ change: (inout ServiceStatus) -> Void) {
        state.withLock { change(&$0.status) }
    }

    /// The last lines of its log, as a continuation of a sentence.
    private var logTail: String {
        guard let lines = TextFile.lastLines(of: command.log, count: 5), !lines.isEmpty else { return "" }
        return " Its log (\(command.log)) ends:\n" + lines.map { "    \($0)" }.joined(separator: "\n")
    }

    /// An exit status in words: "exit code 1", "signal 9".
    static func words(for status: Int32) -> String {
        status >= 128 ? "signal \(status - 128)" : "exit code \(status)"
    }
}
