package import FoundationEssentials

/// What a worker proves its claim with: every write of it names job, attempt and owner, and touches nothing once another
/// attempt, a cancel or a failure has taken the row (a fencing token).
package struct LeaseToken: Sendable, Hashable {
    package var job: UUID
    package var attempt: Int
    package var owner: UUID

    package init(job: UUID, attempt: Int, owner: UUID) {
        self.job = job
        self.attempt = attempt
        self.owner = owner
    }
}
