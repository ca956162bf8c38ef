/// How much a queue holds.
package struct QueueDepth: Sendable, Hashable {
    /// Messages that can be taken now.
    package var ready: [QueuePriority: Int]
    /// Messages that a consumer holds.
    package var leased: Int
    /// Messages that wait for their time.
    package var delayed: Int
    /// Messages that were given up.
    package var dead: Int
    /// How long the oldest message that can be taken has been waiting; nil when there is none.
    package var oldestAge: Duration?

    /// Everything that is still to be done.
    package var total: Int { ready.values.reduce(0, +) + leased + delayed }
}
