/// Who follows a call: hears its news, and says how often to look.
package struct ProviderObserver: Sendable {
    /// Takes a piece of news. It returns once the news has been dealt with, so that a fast provider cannot run ahead.
    package let report: @Sendable (ProviderNews) async -> Void
    /// Waits that long before the next look, or less: until the provider has called back, or the task is cancelled.
    package let pause: @Sendable (Duration) async -> Void
    /// How often to look at a call that tells nothing by itself.
    package let schedule: PollSchedule

    /// Hears nothing.
    package static let silent = ProviderObserver { _ in }

    package init(
        schedule: PollSchedule = PollSchedule(),
        pause: @escaping @Sendable (Duration) async -> Void = ProviderObserver.sleep,
        report: @escaping @Sendable (ProviderNews) async -> Void
    ) {
        self.schedule = schedule
        self.pause = pause
        self.report = report
    }

    /// Waits; a cancelled task does not.
    @Sendable package static func sleep(_ duration: Duration) async {
        // Nothing is swallowed: whoever waits looks whether it was cancelled.
        _ = try? await Task.sleep(for: duration)
    }
}
