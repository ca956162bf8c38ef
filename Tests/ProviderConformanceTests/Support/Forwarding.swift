import FunctionTesting
import Glibc

/// One HTTP exchange over a socket of its own, blocking: for the thread of a `LocalServer`.
enum Forwarding {
    struct Unreachable: Error {}

    /// Sends a request on and reads the whole answer.
    static func forward(_ request: LocalServer.Request, to port: Int) throws -> LocalServer.Answer {
        let socket = try connect(port)
        defer { close(socket) }
        var head = "\(request.method) \(request.path) HTTP/1.1\r\nConnection: close\r\n"
        for (name, value) in request.headers where !["connection", "expect", "upgrade"].contains(name) {
            head += "\(name): \(value)\r\n"
        }
        let bytes = Array((head + "\r\n").utf8) + request.body
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Unreachable() }
            sent += count
        }
        return try answer(in: readAll(socket))
    }

    private static func connect(_ port: Int) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(socket)
            throw Unreachable()
        }
        return socket
    }

    private static func readAll(_ socket: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
        }
    }

    private static func answer(in bytes: [UInt8]) throws -> LocalServer.Answer {
        guard let gap = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw Unreachable() }
        let lines = String(decoding: bytes[..<gap.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        var body = Array(bytes[gap.upperBound...])
        if headers["transfer-encoding"] == "chunked" { body = unchunked(body) }
        // What the next server says of its own connection.
        for name in ["connection", "transfer-encoding", "content-length"] { headers[name] = nil }
        return LocalServer.Answer(
            status: lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0,
            headers: headers, body: body)
    }

    private static func unchunked(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        var body: [UInt8] = []
        while let end = rest.firstRange(of: Array("\r\n".utf8)),
            let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16), size > 0
        {
            body += rest[end.upperBound...].prefix(size)
            rest = rest[end.upperBound...].dropFirst(size + 2)
        }
        return body
    }
}
