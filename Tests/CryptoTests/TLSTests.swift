import Cryptography
import Testing

struct TLSTests {
    private func session() throws -> TLSSession {
        TLSSession(try TLSContext(try ServerCredentials(names: ["localhost"], addresses: ["127.0.0.1"])))
    }

    @Test func `each authority is a certificate of its own`() throws {
        let first = try ServerCredentials(names: ["localhost"], addresses: [])
        let second = try ServerCredentials(names: ["localhost"], addresses: [])
        #expect(first.authority.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
        #expect(first.authority.hasSuffix("\n-----END CERTIFICATE-----\n"))
        #expect(first.authority != second.authority)
        #expect(first.authority.split(separator: "\n").allSatisfy { $0.count <= 64 })
    }

    @Test func `an address that is none is refused`() {
        #expect(throws: CryptoError.self) { try ServerCredentials(names: [], addresses: ["not an address"]) }
    }

    @Test func `a client that speaks no TLS is told so`() throws {
        let session = try session()
        #expect(throws: CryptoError.self) { try session.receive(Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
    }

    @Test func `nothing is sent before the handshake`() throws {
        let session = try session()
        #expect(throws: CryptoError.self) { try session.send([1]) }
        session.close()
        #expect(session.takeOutput().isEmpty)
    }
}
