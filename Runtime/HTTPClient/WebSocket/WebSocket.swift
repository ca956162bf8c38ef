/// A WebSocket connection (RFC 6455), as its client.
///
///     let socket = try await client.webSocket(.init(.get, "ws://127.0.0.1:8188/ws?clientId=7"))
///     while let message = try await socket.receive() { … }
///
/// Pings are answered, and sent when the server has been silent for half the request's `idleTimeout`. Dropping the value closes
/// the connection.
package final class WebSocket: Sendable {
    private let channel: WebSocketChannel
    private let url: String

    init(_ channel: WebSocketChannel, url: String) {
        self.channel = channel
        self.url = url
    }

    deinit { channel.close(drops: true) }

    /// The next message; nil after the closing handshake, whichever side began it. For one task at a time; not reading holds
    /// the server back.
    ///
    /// - Throws: ``HTTPClientError`` of the kind `connectionLost` when the connection broke, `idleTimeout` when the server was
    ///   silent and answered no ping, `invalidResponse` when it broke the protocol, `bodyTooLarge` for a message that is larger
    ///   than the request's `maximumBodySize`; `CancellationError`, which leaves the connection open.
    package func receive() async throws -> WebSocketMessage? { try await channel.next() }

    /// Sends a message and returns once the network has taken it.
    ///
    /// - Throws: ``HTTPClientError``, or `CancellationError` when the connection was closed meanwhile.
    package func send(_ message: WebSocketMessage) async throws { try await channel.send(message, to: url) }

    /// Says goodbye. What the server sends until it answers can still be received.
    package func close() { channel.close(drops: false) }
}
