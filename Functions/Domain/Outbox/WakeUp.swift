package import FoundationEssentials

/// The message that a job is due. It carries ids only; the claim decides who works, so one too many does no harm.
package struct WakeUp: Sendable, Hashable {
    /// The id of its outbox row and of the message.
    package var id: UUID
    package var job: UUID
    package var priority: JobPriority
    /// How long from now until the job is due.
    package var delay: Duration

    package init(id: UUID = .version7(), job: UUID, priority: JobPriority, delay: Duration = .zero) {
        self.id = id
        self.job = job
        self.priority = priority
        self.delay = delay
    }
}
