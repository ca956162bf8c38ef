import HTTPTypes
import HummingbirdCore
import NIOCore
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct AddressTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:1ff::1",
        "2001:db8::1", "2002:7f00:1::1", "3fff::1", "3fff:fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
        "fec0::1", "ff02::1",
    ])
    func `is not public`(address: String) throws {
        let address = try #require(IPAddress(address))
        #expect(!address.isPublic)
        #expect(!AddressPolicy.publicOnly.allows(address))
        #expect(AddressPolicy.any.allows(address))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111",
        "2a00:1450::1", "[2606:4700::1111]", "3fff:1000::1",
    ])
    func `is public`(address: String) throws {
        #expect(try #require(IPAddress(address)).isPublic)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "0x7f.1", "2130706433", "::g", "1.2.3.4 "])
    func `is no address`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    /// Every way to write the loopback address that a resolver understands.
    @Test(arguments: [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]",
    ])
    func `is refused after resolution, however it is written`(host: String) async throws {
        try await TestServer.run({ _, writer, _ in try await writer.answer() }) { url in
            let url = url.replacing("127.0.0.1", with: host)
            let error = try await #require(throws: HTTPClientError.self) {
                try await HTTPClient().execute(.init(.get, url, addresses: .publicOnly))
            }
            #expect(error.kind == .addressRefused)
            #expect(error.wasNotSent)
        }
    }

    @Test func `is refused over a kept connection that another request opened`() async throws {
        try await TestServer.run({ _, writer, _ in try await writer.answer() }) { url in
            let client = HTTPClient()
            _ = try await client.execute(.init(.get, url)).body.collect(upTo: 0)
            let error = try await #require(throws: HTTPClientError.self) {
                try await client.execute(.init(.get, url, addresses: .publicOnly))
            }
            #expect(error.kind == .addressRefused)
        }
    }

    @Test(arguments: [
        ("http://localhost:1/", true), ("http://a.localhost/", true), ("http://127.0.0.9/", true),
        ("http://[::1]/", true),
        ("http://localhost.example/", false), ("http://10.0.0.1/", false), ("http://[::2]/", false),
    ])
    func `goes around proxies for loopback hosts only`(url: String, isLoopback: Bool) throws {
        #expect(try HTTPURL(url).isLoopback == isLoopback)
    }
}
