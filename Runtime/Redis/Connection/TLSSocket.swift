internal import COpenSSL
internal import Glibc

/// TLS over a socket, by OpenSSL: at least 1.2, the server's name and chain verified.
final class TLSSocket: Transport {
    private let socket: Socket
    private let session: OpaquePointer
    var descriptor: Int32 { socket.descriptor }

    /// Shakes hands.
    /// - Parameter authorityFile: a PEM file trusted in place of the system's authorities.
    /// - Throws: `RedisError.unavailable` with OpenSSL's reason.
    init(
        _ socket: Socket, host: String, authorityFile: String?, until deadline: ContinuousClock.Instant
    ) throws(RedisError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw .unavailable(Self.reason("TLS cannot start"))
        }
        defer { SSL_CTX_free(context) }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        let trusted =
            if let authorityFile {
                SSL_CTX_load_verify_locations(context, authorityFile, nil)
            } else {
                SSL_CTX_set_default_verify_paths(context)
            }
        guard trusted == 1 else {
            throw .unavailable(Self.reason("the authorities in \(authorityFile ?? "the system's store") were not read"))
        }
        guard let session = SSL_new(context) else { throw .unavailable(Self.reason("TLS cannot start")) }
        self.socket = socket
        self.session = session
        // The output buffer may be another one when a write is tried again, and a part of it may be taken.
        SSL_ctrl(session, SSL_CTRL_MODE, Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER), nil)
        try expect(host: host)
        guard SSL_set_fd(session, socket.descriptor) == 1 else { throw .unavailable(Self.reason("TLS cannot start")) }
        try shakeHands(host: host, until: deadline)
    }

    deinit {
        SSL_free(session)
    }

    /// The name (also told to the server, RFC 6066) or the address that the certificate has to be for.
    private func expect(host: String) throws(RedisError) {
        var address = in6_addr()
        let isAddress = inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
        let accepted =
            if isAddress {
                X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host)
            } else {
                SSL_set1_host(session, host)
            }
        guard accepted == 1 else { throw .unavailable(Self.reason("\(host) cannot be verified")) }
        guard !isAddress else { return }
        var name = Array(host.utf8CString)
        SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), &name)
    }

    private func shakeHands(host: String, until deadline: ContinuousClock.Instant) throws(RedisError) {
        while true {
            ERR_clear_error()
            let status = SSL_connect(session)
            if status == 1 { return }
            let events: Int32
            switch SSL_get_error(session, status) {
            case SSL_ERROR_WANT_READ: events = POLLIN
            case SSL_ERROR_WANT_WRITE: events = POLLOUT
            default: throw .unavailable(handshakeFailure(host: host))
            }
            guard Poll.wait(for: descriptor, events, until: deadline) else {
                throw .unavailable("the TLS handshake with \(host) took too long")
            }
        }
    }

    private func handshakeFailure(host: String) -> String {
        let verification = SSL_get_verify_result(session)
        if verification != Int(X509_V_OK) {
            return
                "\(host)'s certificate is not trusted: \(String(cString: X509_verify_cert_error_string(verification)))"
        }
        return Self.reason("the TLS handshake with \(host) failed; does it expect redis:// without TLS?")
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RedisError) -> Int? {
        ERR_clear_error()
        return try outcome(SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count)))
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(RedisError) -> Int? {
        ERR_clear_error()
        return try outcome(SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count)))
    }

    private func outcome(_ count: Int32) throws(RedisError) -> Int? {
        if count > 0 { return Int(count) }
        switch SSL_get_error(session, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return nil
        case SSL_ERROR_ZERO_RETURN: throw .connectionLost("the server closed it")
        default: throw .connectionLost(Self.reason("TLS failed"))
        }
    }

    /// The sentence with the first error of OpenSSL's queue behind it.
    private static func reason(_ sentence: String) -> String {
        let code = ERR_get_error()
        guard code != 0 else { return sentence }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return "\(sentence) (\(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)))"
    }
}
