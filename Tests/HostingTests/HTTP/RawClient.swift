import Glibc

/// A TCP client that sends what a test says, byte by byte, and sees what comes back.
final class RawClient: Sendable {
    let descriptor: Int32

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SocketError(code: errno) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    struct SocketError: Error {
        let code: Int32
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try await Task.sleep(for: .milliseconds(1))
            } else {
                throw SocketError(code: errno)
            }
        }
    }

    /// Closes the sending side only.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads until the state is reached or the server closes. Returns everything that came.
    func receive(until state: (String) -> Bool = { _ in false }) async throws -> String {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let end = ContinuousClock.now + .seconds(20)
        while !state(String(decoding: all, as: UTF8.self)) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { break }
            if count > 0 {
                all += buffer[..<count]
            } else if errno == EAGAIN {
                guard ContinuousClock.now < end else { throw SocketError(code: ETIMEDOUT) }
                try await Task.sleep(for: .milliseconds(1))
            } else {
                throw SocketError(code: errno)
            }
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// Sends a request that closes its connection and returns the whole response.
    static func request(_ port: Int, _ text: String) async throws -> String {
        let client = try RawClient(port: port)
        try await client.send(text)
        return try await client.receive()
    }

    /// `GET` with a connection of its own.
    static func get(_ port: Int, _ path: String, _ headers: String...) async throws -> String {
        let fields = headers.map { $0 + "\r\n" }.joined()
        return try await request(port, "GET \(path) HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\(fields)\r\n")
    }
}
