package import Logging
import Synchronization

/// A trouble that many notice again and again, told of in few lines: one when it begins, one when it is over, and one a
/// minute in between with how often it was noticed.
///
/// Whoever shares the trouble, such as the triggers that share a Redis, shares the outage.
package final class Outage: Sendable {
    private struct State {
        var began: ContinuousClock.Instant?
        var ended: ContinuousClock.Instant?
        var lastSaid: ContinuousClock.Instant?
        var unsaid = 0
        /// It began so soon after the last one was over that it may only be its echo, and nothing was said of it yet.
        var isQuiet = false
    }

    private static let interval = Duration.seconds(60)
    /// For how long those who notice late are taken for an echo.
    private static let echo = Duration.seconds(5)

    private let trouble: String
    private let relief: String
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameters:
    ///   - trouble: What is said when it begins, without a full stop: `Redis at 127.0.0.1:6379 is away`.
    ///   - relief: What is said when it is over: `Redis at 127.0.0.1:6379 is back`.
    package init(
        _ trouble: String, relief: String, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.trouble = trouble
        self.relief = relief
        self.logger = logger
        self.now = now
    }

    /// Somebody has noticed it.
    func noticed(_ reason: any Error) {
        let now = now()
        let line = state.withLock { state -> String? in
            guard let began = state.began else {
                state.began = now
                state.lastSaid = now
                state.unsaid = 0
                state.isQuiet = state.ended.map { now - $0 < Self.echo } ?? false
                return state.isQuiet ? nil : "\(trouble); trying again until that changes."
            }
            state.unsaid += 1
            guard let said = state.lastSaid, now - said >= (state.isQuiet ? Self.echo : Self.interval) else {
                return nil
            }
            defer { (state.lastSaid, state.unsaid, state.isQuiet) = (now, 0, false) }
            return "\(trouble), for \((now - began).components.seconds) s now (noticed \(state.unsaid) more times)."
        }
        if let line { logger.warning("\(line)", metadata: ["reason": "\(reason)"]) }
    }

    /// Somebody has had success: it is over, if there was any.
    func isOver() {
        let now = now()
        let line = state.withLock { state -> String? in
            guard let began = state.began else { return nil }
            state.began = nil
            state.ended = now
            return state.isQuiet ? nil : "\(relief), after \((now - began).components.seconds) s."
        }
        if let line { logger.warning("\(line)") }
    }
}
