import COpenSSL

/// The server's side of one TLS connection, without the connection: what arrives is put in, what is to be sent is taken out.
/// For one thread at a time.
package final class TLSSession {
    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private let context: TLSContext

    package init(_ context: TLSContext) {
        self.context = context
        session = OpenSSL.require(SSL_new(context.pointer), "SSL_new")
        incoming = OpenSSL.require(BIO_new(BIO_s_mem()), "BIO_new")
        outgoing = OpenSSL.require(BIO_new(BIO_s_mem()), "BIO_new")
        // The session owns both from here on.
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_accept_state(session)
    }

    deinit { SSL_free(session) }

    /// Takes bytes from the network and gives what they say; nothing during the handshake.
    ///
    /// - Throws: ``CryptoError`` when they break the protocol; ``takeOutput()`` then has the alert to send.
    package func receive(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard BIO_write(incoming, bytes, Int32(bytes.count)) == bytes.count else { throw OpenSSL.failure("BIO_write") }
        var plain: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = SSL_read(session, &buffer, Int32(buffer.count))
            if count > 0 {
                plain += buffer.prefix(Int(count))
                continue
            }
            switch SSL_get_error(session, count) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_ZERO_RETURN: return plain
            default: throw OpenSSL.failure("SSL_read")
            }
        }
    }

    /// Encrypts for the peer.
    ///
    /// - Throws: ``CryptoError`` before the handshake is done, and after an end.
    package func send(_ plain: [UInt8]) throws(CryptoError) {
        guard !plain.isEmpty else { return }
        guard SSL_write(session, plain, Int32(plain.count)) == plain.count else { throw OpenSSL.failure("SSL_write") }
    }

    /// Says that nothing more will be sent.
    package func close() {
        SSL_shutdown(session)
        // Closing what never was open is no failure of a later call.
        ERR_clear_error()
    }

    /// What is to go to the network now.
    package func takeOutput() -> [UInt8] {
        let waiting = BIO_ctrl_pending(outgoing)
        guard waiting > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: waiting) { buffer, count in
            count = Int(max(0, BIO_read(outgoing, buffer.baseAddress, Int32(waiting))))
        }
    }
}
