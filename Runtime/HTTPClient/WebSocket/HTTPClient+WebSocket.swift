extension HTTPClient {
    /// Opens a WebSocket.
    ///
    /// - Parameter request: where to: `ws`, `wss`, `http` or `https`. Its headers go along; `connectTimeout` holds for the connection
    ///   and again for the handshake, `idleTimeout` for the server's silence, `maximumBodySize` for one message (16 MiB unless
    ///   given), `addresses` for where it may lead. The rest of it has no meaning here.
    /// - Throws: ``HTTPClientError``; of the kind `upgradeRefused` when the server is there and opens no WebSocket.
    package func webSocket(_ request: Request) async throws -> WebSocket {
        var request = request
        if request.url.hasPrefix("ws://") || request.url.hasPrefix("wss://") {
            request.url = "http" + request.url.dropFirst(2)
        }
        let url = try HTTPURL(request.url)
        let transfer = try Transfer(request, url: url, mailbox: mailbox)
        let channel = WebSocketThread.start(transfer, configuration)
        let socket = WebSocket(channel, url: url.text)
        try await withTaskCancellationHandler {
            try await channel.waitUntilOpen()
        } onCancel: {
            channel.close(drops: true)
        }
        return socket
    }
}
