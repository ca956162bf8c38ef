/// A connection of a pool, and when it is to be replaced.
struct PoolMember<Connection> {
    let connection: Connection
    let expiry: ContinuousClock.Instant
}

extension PoolMember: Sendable where Connection: Sendable {}
