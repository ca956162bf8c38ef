internal import Cryptography

/// The HTTP exchange that opens a WebSocket (RFC 6455, section 4).
struct WebSocketHandshake {
    private let key: String
    private let url: HTTPURL
    private let headers: HTTPHeaders

    /// - Parameter nonce: 16 random bytes.
    init(_ url: HTTPURL, headers: HTTPHeaders, nonce: [UInt8] = SecureRandom.bytes(16)) {
        self.url = url
        self.headers = headers
        key = Base64.encode(nonce)
    }

    /// The request, to its blank line.
    var request: [UInt8] {
        var lines = [
            "GET \(url.target) HTTP/1.1", "Host: \(url.authority)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
        ]
        for field in headers { lines.append("\(field.name): \(field.value)") }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// What the server must answer with: proof that it read the key and speaks this protocol.
    var accept: String {
        Base64.encode(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// Why `head` does not open the connection; nil when it does.
    func objection(to head: ResponseHead) -> String? {
        guard head.status == 101 else {
            return "the server answered with status \(head.status) and opened no WebSocket"
        }
        guard head.headers["upgrade"]?.lowercased() == "websocket" else {
            return "the server switched to another protocol than WebSocket"
        }
        let connection = head.headers.all("connection").flatMap { $0.lowercased().split(separator: ",") }
        guard connection.contains(where: { $0.trimming(" ") == "upgrade" }) else {
            return "the server's Connection header does not say Upgrade"
        }
        guard head.headers["sec-websocket-accept"] == accept else {
            return
                "the server's Sec-WebSocket-Accept does not fit our key: it is no WebSocket server, or a cache answered"
        }
        guard head.headers["sec-websocket-extensions"] == nil, head.headers["sec-websocket-protocol"] == nil else {
            return "the server chose an extension or a subprotocol that was not asked for"
        }
        return nil
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> Substring {
        var rest = drop { $0 == character }
        while rest.last == character { rest.removeLast() }
        return rest
    }
}
