/// A connection that only one caller uses, for commands that wait at the server: `XREADGROUP … BLOCK`, `BLPOP`.
package struct BlockingConnection: Sendable {
    let connection: Connection
    let shared: Connection

    /// Sends one command and waits for its reply.
    ///
    /// Cancellation ends the wait at the server (`CLIENT UNBLOCK`) and the command returns what it returns when its
    /// time is over, null, or what it had just taken: nothing that Redis handed out is lost on the way.
    /// - Parameter block: how long the command itself may wait; the client's timeout comes on top of it.
    /// - Throws: `RedisError`; `CancellationError` when it was canceled before it was sent.
    package func send(_ command: RedisCommand, block: Duration) async throws -> RedisValue {
        let timeout = block + connection.configuration.commandTimeout
        let replies = try await connection.execute([command], timeout: timeout) { [connection, shared] request in
            if connection.clientID(serving: request) == nil {
                connection.abandon(request)
            } else {
                Self.unblock(request, on: connection, through: shared)
            }
        }
        return try replies[0].get()
    }

    private static func unblock(_ request: Request, on connection: Connection, through shared: Connection) {
        guard let id = connection.clientID(serving: request) else { return }
        let unblock = Request([RedisCommand("CLIENT", "UNBLOCK", id)], timeout: shared.configuration.commandTimeout)
        shared.submit(unblock) { result in
            switch result {
            // Zero: the command has not reached the server yet, or its reply is on the way here.
            case .success([.integer(0)]): Self.unblock(request, on: connection, through: shared)
            case .success: break
            // The server is away or forbids it: the wait is given up with its connection.
            case .failure: connection.close()
            }
        }
    }
}
