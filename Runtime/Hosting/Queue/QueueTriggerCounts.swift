/// What a queue trigger has done so far.
package struct QueueTriggerCounts: Sendable, Hashable {
    package var received = 0
    /// Of those received, taken over from somebody who lost the lease.
    package var reclaimed = 0
    package var acknowledged = 0
    package var retried = 0
    package var postponed = 0
    package var isolated = 0
    package var released = 0
    package var killed = 0
    /// Leases that were lost while the message was at work here.
    package var leasesLost = 0
}
