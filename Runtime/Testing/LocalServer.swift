internal import Glibc
internal import Synchronization

/// A small HTTP server on 127.0.0.1 whose answers a test decides: stands for a provider, and for an object store. One connection
/// at a time, one request each.
package final class LocalServer: Sendable {
    /// What a client sent.
    package struct Request: Sendable {
        package var method: String
        /// With its query.
        package var path: String
        /// By name in lower case.
        package var headers: [String: String]
        package var body: [UInt8]
    }

    /// What it gets.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: [String: String]
        package var body: [UInt8]
        /// Whether the connection breaks instead.
        package var breaks: Bool
        /// Bytes that are sent at once, a moment apart; nil for all.
        package var piece: Int?
        /// Bytes of the body after which the connection breaks; nil for all of it.
        package var kept: Int?
        /// Who gets the connection instead of an answer, on a thread of its own, and closes it: for other protocols than HTTP.
        package var takeover: (@Sendable (_ connection: Int32) -> Void)?

        package init(
            status: Int = 200, headers: [String: String] = [:], body: [UInt8] = [], breaks: Bool = false,
            piece: Int? = nil, kept: Int? = nil
        ) {
            self.status = status
            self.headers = headers
            self.body = body
            self.breaks = breaks
            self.piece = piece
            self.kept = kept
        }
    }

    package let port: UInt16
    private let socket: Int32
    private let received = Mutex<[Request]>([])

    package var url: String { "http://127.0.0.1:\(port)" }
    /// What came so far, in order.
    package var requests: [Request] { received.withLock { $0 } }

    /// One that listens on a Unix socket instead; it has no port.
    ///
    /// - Parameter path: of the socket, which must not be there yet.
    package init(unixSocket path: String, _ answer: @escaping @Sendable (Request) -> Answer) throws {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Unusable(errno: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? listen(socket, 64) : -1
            }
        }
        guard result == 0 else { throw Unusable(errno: errno) }
        self.socket = socket
        port = 0
        accept(answer)
    }

    /// - Parameter answer: decides about each request, on a thread of its own: it may block.
    package init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && listen(socket, 64) == 0
                    ? getsockname(socket, address, &length) : -1
            }
        }
        guard result == 0 else { throw Unusable(errno: errno) }
        self.socket = socket
        port = UInt16(bigEndian: address.sin_port)
        accept(answer)
    }

    private func accept(_ answer: @escaping @Sendable (Request) -> Answer) {
        let socket = socket
        let serve = Unmanaged.passRetained(
            Work { [weak self] in
                while true {
                    let connection = Glibc.accept(socket, nil, nil)
                    guard connection >= 0, let self else {
                        close(socket)
                        return
                    }
                    if self.serve(connection, answer) { close(connection) }
                }
            })
        Self.startThread(serve)
    }

    private static func startThread(_ work: Unmanaged<Work>) {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            {
                Unmanaged<Work>.fromOpaque($0!).takeRetainedValue().run(); return nil
            }, work.toOpaque())
        pthread_detach(thread)
    }

    /// No socket could be had.
    package struct Unusable: Error { package var errno: Int32 }

    deinit {
        // Ends the thread's accept; the thread closes it, so that nobody gets its number before.
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private final class Work {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// - Returns: whether the connection is to be closed now.
    private func serve(_ connection: Int32, _ answer: (Request) -> Answer) -> Bool {
        guard let request = Self.read(connection) else { return true }
        received.withLock { $0.append(request) }
        let answer = answer(request)
        if let takeover = answer.takeover {
            Self.startThread(Unmanaged.passRetained(Work { takeover(connection) }))
            return false
        }
        if !answer.breaks { Self.write(answer, to: request, connection) }
        return true
    }

    private static func write(_ answer: Answer, to request: Request, _ connection: Int32) {
        var head = "HTTP/1.1 \(answer.status) Answer\r\nConnection: close\r\n"
        // A HEAD answer tells the length of a body that does not follow.
        head += "Content-Length: \(answer.headers["Content-Length"] ?? String(answer.body.count))\r\n"
        for (name, value) in answer.headers where name != "Content-Length" { head += "\(name): \(value)\r\n" }
        let bytes =
            Array((head + "\r\n").utf8) + (request.method == "HEAD" ? [] : answer.body.prefix(answer.kept ?? .max))
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].prefix(answer.piece ?? .max).withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
            if answer.piece != nil { usleep(200) }
        }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        func receive() -> Bool {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(connection, &buffer, buffer.count, 0)
            if count > 0 { bytes += buffer.prefix(count) }
            return count > 0
        }
        var end: Range<Int>?
        while end == nil {
            guard receive() else { return nil }
            end = bytes.firstRange(of: Array("\r\n\r\n".utf8))
        }
        guard let end else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        if headers["expect"] != nil {
            _ = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8).withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, 0)
            }
        }
        let wanted = end.upperBound + (headers["content-length"].flatMap(Int.init) ?? 0)
        while bytes.count < wanted { guard receive() else { return nil } }
        return Request(
            method: String(words[0]), path: String(words[1]), headers: headers,
            body: Array(bytes[end.upperBound..<wanted]))
    }
}
