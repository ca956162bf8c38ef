extension Failure {
    /// Whether and when a queue delivers the message again.
    public enum Retry: Sendable, Hashable {
        /// Not at all: it becomes a dead letter at once.
        case never
        /// After a delay that grows with each attempt, until the trigger's attempts are spent.
        case backoff
        /// After this delay, until the trigger's attempts are spent.
        case after(Duration)
    }
}
