internal import Glibc

/// An open, authenticated connection: transport, reply reader and what still has to be written. One thread uses it.
final class Link {
    private let transport: any Transport
    private let reader = ReplyReader()
    private var output: [UInt8] = []
    private var written = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    /// The connection's number at the server, for `CLIENT UNBLOCK`.
    private(set) var clientID: Int64 = 0

    var descriptor: Int32 { transport.descriptor }
    /// What poll(2) should wait for.
    var interest: Int32 { written < output.count ? POLLIN | POLLOUT : POLLIN }

    /// Connects, authenticates, names the connection and selects the database, in one round trip after the connect.
    /// - Throws: `RedisError.unavailable` with the reason; Redis' own error when it refused the password or database.
    init(_ configuration: RedisConfiguration) throws(RedisError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let socket = try Socket(host: configuration.host, port: configuration.port, until: deadline)
        transport =
            configuration.tls
            ? try TLSSocket(
                socket, host: configuration.host, authorityFile: configuration.authorityFile, until: deadline)
            : socket
        do {
            try introduce(configuration, until: deadline)
        } catch .connectionLost(let reason) {
            throw .unavailable("\(configuration): \(reason)")
        }
    }

    deinit {
        buffer.deallocate()
    }

    private func introduce(_ configuration: RedisConfiguration, until deadline: ContinuousClock.Instant)
        throws(RedisError)
    {
        var commands: [RedisCommand] = []
        if let password = configuration.password {
            let account = configuration.user.map { [$0, password] } ?? [password]
            commands.append(RedisCommand("AUTH", account))
        }
        if configuration.database != 0 { commands.append(RedisCommand("SELECT", configuration.database)) }
        if let name = configuration.name { commands.append(RedisCommand("CLIENT", "SETNAME", name)) }
        commands.append(RedisCommand("CLIENT", "ID"))
        var bytes: [UInt8] = []
        for command in commands { command.write(to: &bytes) }
        enqueue(bytes)
        var replies: [RedisValue] = []
        while replies.count < commands.count {
            try flush()
            guard Poll.wait(for: descriptor, interest, until: deadline) else {
                throw .unavailable("\(configuration): it did not answer within \(configuration.connectTimeout)")
            }
            replies += try receive()
        }
        for reply in replies { _ = try reply.get() }
        clientID = try replies[commands.count - 1].expect(\.integer)
    }

    /// Adds bytes to be written by `flush`.
    func enqueue(_ bytes: [UInt8]) {
        if written == output.count {
            output = bytes
            written = 0
        } else {
            output += bytes
        }
    }

    /// Writes what the socket takes.
    func flush() throws(RedisError) {
        while written < output.count {
            // A typed error does not pass through a closure that rethrows, so it is carried out by hand.
            let outcome = output.withUnsafeBytes { bytes in
                Result { () throws(RedisError) in
                    try transport.write(UnsafeRawBufferPointer(rebasing: bytes[written...]))
                }
            }
            guard let count = try outcome.get() else { return }
            written += count
        }
    }

    /// The replies that have come.
    func receive() throws(RedisError) -> [RedisValue] {
        while let count = try transport.read(into: buffer) {
            try reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            // A short read has emptied a plain socket; TLS gives one record at a time and is asked until it has none.
            if count < buffer.count && transport is Socket { break }
        }
        var replies: [RedisValue] = []
        while let reply = try reader.next() { replies.append(reply) }
        return replies
    }
}
