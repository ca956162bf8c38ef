internal import CPostgres

/// libpq's cancel key of a session, usable from any thread.
/// <https://www.postgresql.org/docs/current/libpq-cancel.html>
final class PostgresCancellation: @unchecked Sendable {
    // `@unchecked`: PQcancel is documented as thread-safe, and only reads the handle.
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        PQfreeCancel(handle)
    }

    /// Asks the server to cancel what the session is doing, over a connection of its own; waits until it has heard.
    ///
    /// A request that does not get through leaves the statement running to its end, as if nobody had asked.
    func send() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
            _ = PQcancel(handle, reason.baseAddress, Int32(reason.count))
        }
    }
}
