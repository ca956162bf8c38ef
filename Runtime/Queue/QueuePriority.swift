/// How urgent a message is. A more urgent one is taken first; one that has waited for long is taken in between
/// (`Queue.ageing`), so that none starves.
package enum QueuePriority: String, Sendable, Hashable, CaseIterable {
    case high, normal, low
}
