internal import Glibc

/// A connected, non-blocking TCP socket.
final class Socket: Transport {
    let descriptor: Int32

    /// Connects to the first address of the host that answers.
    /// - Throws: `RedisError.unavailable` with the reason of the last address tried.
    init(host: String, port: Int, until deadline: ContinuousClock.Instant) throws(RedisError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw .unavailable("the name \(host) was not resolved (\(String(cString: gai_strerror(status))))")
        }
        defer { freeaddrinfo(list) }
        var problem = "the name \(host) has no address"
        var next = list
        while let address = next {
            do {
                descriptor = try Self.connect(to: address.pointee, until: deadline)
                return
            } catch {
                problem = "\(host):\(port): \(error.text)"
            }
            next = address.pointee.ai_next
        }
        throw .unavailable(problem)
    }

    deinit {
        close(descriptor)
    }

    private struct Refusal: Error {
        let text: String

        init(_ code: Int32) {
            text = String(cString: strerror(code))
        }
    }

    private static func connect(
        to address: addrinfo, until deadline: ContinuousClock.Instant
    ) throws(Refusal) -> Int32 {
        // Close-on-exec: a host starts children all the time, and none may inherit this.
        let kind = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { throw Refusal(errno) }
        if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 {
            var code = errno
            if code == EINPROGRESS { code = outcome(of: descriptor, until: deadline) }
            guard code == 0 else {
                close(descriptor)
                throw Refusal(code)
            }
        }
        for (level, option, value) in [
            (Int32(IPPROTO_TCP), TCP_NODELAY, 1), (SOL_SOCKET, SO_KEEPALIVE, 1),
            (Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30), (Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10),
        ] as [(Int32, Int32, Int32)] {
            var value = value
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        return descriptor
    }

    /// Waits for a connect under way: 0, or its errno.
    private static func outcome(of descriptor: Int32, until deadline: ContinuousClock.Instant) -> Int32 {
        guard Poll.wait(for: descriptor, POLLOUT, until: deadline) else { return ETIMEDOUT }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return code
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RedisError) -> Int? {
        try outcome(recv(descriptor, buffer.baseAddress, buffer.count, 0), zeroIsEnd: true)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(RedisError) -> Int? {
        try outcome(send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)), zeroIsEnd: false)
    }

    private func outcome(_ count: Int, zeroIsEnd: Bool) throws(RedisError) -> Int? {
        if count > 0 { return count }
        if count == 0 && zeroIsEnd { throw .connectionLost("the server closed it") }
        let code = errno
        if count == 0 || code == EAGAIN || code == EINTR { return nil }
        throw .connectionLost(String(cString: strerror(code)))
    }
}
