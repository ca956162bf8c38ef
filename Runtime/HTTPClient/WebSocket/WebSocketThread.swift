import CCurl
import Glibc

/// Moves the bytes of one WebSocket, on a thread of its own.
///
/// libcurl connects, checks the address and speaks TLS; with `CURLOPT_CONNECT_ONLY` it then leaves the bytes to us. Each socket
/// has a multi handle of its own: in a shared one libcurl would take the connection for an idle one and close it.
final class WebSocketThread {
    private let channel: WebSocketChannel
    private let multi: MultiHandle
    private let connection: ActiveTransfer
    private let request: HTTPClient.Request
    private var session: WebSocketSession
    private var isConnected = false
    private var outgoing: [UInt8] = []
    /// Who waits for a message, and how many bytes must have gone out before it is sent.
    private var senders: [(item: WebSocketChannel.Outgoing, end: Int)] = []
    private var sent = 0
    private var lastReceived = ContinuousClock.now
    private var isPinged = false
    /// When a connection that has no reason to stay is given up.
    private var deadline: ContinuousClock.Instant?
    private var end: WebSocketSession.End?

    private static let largestMessage = 16 << 20
    /// How long a server may take to answer a goodbye.
    private static let farewell = Duration.seconds(2)

    private init(
        _ transfer: Transfer, _ channel: WebSocketChannel, _ multi: MultiHandle, _ options: HTTPClient.Configuration
    ) throws(HTTPClientError) {
        self.channel = channel
        self.multi = multi
        request = transfer.request
        connection = try ActiveTransfer(transfer, options)
        EasyOptions.connectOnly(connection.easy)
        session = WebSocketSession(
            WebSocketHandshake(transfer.url, headers: request.headers),
            maximumMessageSize: request.maximumBodySize ?? Self.largestMessage)
    }

    /// Starts a thread, which ends with the connection.
    static func start(_ transfer: Transfer, _ options: HTTPClient.Configuration) -> WebSocketChannel {
        let multi = MultiHandle(maximumIdleConnections: 1)
        let channel = WebSocketChannel(bell: multi)
        ThreadBody.start {
            let result: Result<Void, any Error>
            var unsent: [WebSocketChannel.Outgoing] = []
            do {
                let thread = try WebSocketThread(transfer, channel, multi, options)
                result = thread.run()
                unsent = thread.senders.map(\.item)
            } catch {
                result = .failure(error)
            }
            channel.finish(result, unsent: unsent)
            multi.close()
        }
        return channel
    }

    private func run() -> Result<Void, any Error> {
        multi.add(connection.easy)
        defer { multi.remove(connection.easy) }
        while true {
            multi.perform()
            let wishes = channel.take()
            if wishes.isDropped, session.isOpening { return .failure(CancellationError()) }
            do throws(HTTPClientError) {
                if !isConnected { try connect() }
                if isConnected {
                    obey(wishes)
                    try read()
                    try write()
                }
            } catch {
                return .failure(error)
            }
            // A server that does not answer a goodbye in time is left without it.
            if end == nil, !session.isOpening, deadline.map({ $0 <= .now }) == true { perform(session.receiveEnd()) }
            if let result = result(after: end) { return result }
            switch nextDeadline() {
            case .success(let wait): multi.poll(milliseconds: wait, also: waited)
            case .failure(let error): return .failure(error)
            }
        }
    }

    private func connect() throws(HTTPClientError) {
        guard let (_, code) = multi.nextFinished() else { return }
        guard code == CURLE_OK else {
            throw connection.outcome(of: code) ?? error(.connectionFailed, "the connection was not made")
        }
        isConnected = true
        lastReceived = .now
        deadline = .now + request.connectTimeout
        outgoing += session.opening
    }

    private func obey(_ wishes: WebSocketChannel.Wishes) {
        for item in wishes.outgoing {
            outgoing += session.send(item.message)
            senders.append((item, sent + outgoing.count))
        }
        if wishes.isClosing, let goodbye = session.close() {
            outgoing += goodbye
            deadline = .now + Self.farewell
        }
    }

    private func read() throws(HTTPClientError) {
        while end == nil, channel.wantsMore {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            var count = 0
            let code = curl_easy_recv(connection.easy, &buffer, buffer.count, &count)
            if code == CURLE_AGAIN { return }
            guard code == CURLE_OK else { return perform(session.receiveEnd()) }
            if count == 0 { return perform(session.receiveEnd()) }
            lastReceived = .now
            isPinged = false
            perform(session.receive(buffer[..<count]))
        }
    }

    private func perform(_ actions: [WebSocketSession.Action]) {
        for action in actions {
            switch action {
            case .opened:
                deadline = nil
                channel.open()
            case .deliver(let message): channel.deliver(message)
            case .send(let bytes): outgoing += bytes
            case .end(let end): self.end = end
            }
        }
    }

    private func write() throws(HTTPClientError) {
        while !outgoing.isEmpty {
            var count = 0
            let code = curl_easy_send(connection.easy, outgoing, outgoing.count, &count)
            if code == CURLE_AGAIN { return }
            guard code == CURLE_OK else {
                // A goodbye that nobody reads changes nothing about how it ended.
                if end != nil { return outgoing = [] }
                throw error(.connectionLost, "the connection broke while sending")
            }
            outgoing.removeFirst(count)
            sent += count
            while let first = senders.first, first.end <= sent {
                senders.removeFirst()
                first.item.sender.resume()
            }
        }
    }

    /// What the channel is told once everything has been said; nil while the conversation goes on.
    private func result(after end: WebSocketSession.End?) -> Result<Void, any Error>? {
        guard let end, outgoing.isEmpty || deadline.map({ $0 < .now }) == true else {
            if end != nil, deadline == nil { deadline = .now + Self.farewell }
            return nil
        }
        return switch end {
        case .closed: .success(())
        case .lost: .failure(error(.connectionLost, "the connection broke without a closing handshake"))
        case .refused(let reason): .failure(error(.upgradeRefused, reason))
        case .broken(let reason): .failure(error(.invalidResponse, reason))
        case .tooLarge(let reason): .failure(error(.bodyTooLarge, reason))
        }
    }

    /// Milliseconds until something is due; a failure when it is overdue.
    private func nextDeadline() -> Result<Int32, HTTPClientError> {
        let now = ContinuousClock.now
        guard isConnected else { return .success(1000) }
        var due = deadline ?? now + .seconds(60)
        if due <= now, session.isOpening { return .failure(error(.timeout, "no answer to the handshake")) }
        if session.isOpen, channel.wantsMore {
            let silence = lastReceived + request.idleTimeout
            if silence <= now {
                return .failure(error(.idleTimeout, "no sign of life for \(request.idleTimeout)"))
            }
            let half = lastReceived + request.idleTimeout / 2
            if half <= now, !isPinged {
                isPinged = true
                outgoing += session.ping()
            }
            due = min(due, half > now ? half : silence)
        }
        return .success(Int32((due - now).milliseconds) + 1)
    }

    /// The socket and what it is waited for; nil for nothing: one that was closed by the server would be ready all the time.
    private var waited: curl_waitfd? {
        guard isConnected else { return nil }
        var events = outgoing.isEmpty ? 0 : CURL_WAIT_POLLOUT
        if end == nil, channel.wantsMore { events |= CURL_WAIT_POLLIN }
        guard events != 0 else { return nil }
        return curl_waitfd(fd: curl_get_socket(connection.easy), events: Int16(events), revents: 0)
    }

    private func error(_ kind: HTTPClientError.Kind, _ reason: String) -> HTTPClientError {
        connection.error(kind, reason)
    }
}
