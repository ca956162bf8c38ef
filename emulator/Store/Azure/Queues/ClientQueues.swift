package import Redis

/// The queues that clients of the Azure Queue dialect made, as a whole.
package struct ClientQueues: Sendable {
    private let directory: QueueDirectory

    /// - Parameter served: the names of the queues that functions listen to now.
    package init(redis: Redis, served: @escaping @Sendable () -> Set<String>) {
        directory = QueueDirectory(redis: redis, served: served)
    }

    /// Removes every queue that a client made, with its messages. What functions listen to keeps its messages and loses
    /// what clients said of it: metadata and stored access policies.
    package func reset() async throws { try await directory.reset() }
}

extension ObjectStore {
    private static let queueReset = "queues-reset"

    /// Has the queues emptied at the next start: they are elsewhere, and that is not running now.
    package func resetQueuesAtStart() async throws {
        try await write { try $0.set(Self.queueReset, "1") }
    }

    /// Whether the queues are to be emptied; call ``queuesAreReset()`` once they are.
    package func wantsQueuesReset() throws -> Bool { try read { try $0.setting(Self.queueReset) } == "1" }

    /// Says that the queues are empty.
    package func queuesAreReset() async throws { try await write { try $0.set(Self.queueReset, "0") } }
}
