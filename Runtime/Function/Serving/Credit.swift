/// How many bytes of a streamed body may be sent: what the receiver has granted and the sender not yet used.
package struct Credit: Sendable {
    private let available: Awaitable<Int>

    /// - Parameter bytes: what may be sent at once.
    package init(_ bytes: Int) {
        available = Awaitable(bytes)
    }

    /// Adds what the receiver grants.
    package func grant(_ bytes: Int) {
        available.mutate { $0 = $0.addingReportingOverflow(bytes).overflow ? .max : $0 + bytes }
    }

    /// Waits until at least one byte may be sent, and takes up to `limit` of what there is.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits.
    package func take(upTo limit: Int) async throws -> Int {
        try await available.wait { available in
            guard available > 0 else { return nil }
            let taken = min(available, limit)
            available -= taken
            return taken
        }
    }
}
