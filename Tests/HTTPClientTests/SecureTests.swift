import HTTPClient
import Testing

/// TLS with a certificate authority of one's own, and HTTP/2 above it.
@Suite(.timeLimit(.minutes(1))) struct SecureTests {
    private func client() async throws -> (HTTPClient, url: String) {
        let address = try await SecureServer.shared.address()
        return (HTTPClient(.init(certificateAuthorities: address.certificate)), address.url)
    }

    private func text(_ response: HTTPClient.Response) async throws -> String {
        String(decoding: try await response.body.collect(upTo: 1 << 20), as: UTF8.self)
    }

    @Test func `speaks HTTP 2 where TLS negotiates it, over one connection`() async throws {
        let (client, url) = try await client()
        var answers: Set<String> = []
        for _ in 0..<5 { answers.insert(try await text(try await client.execute(.init(.get, url + "/protocol")))) }
        #expect(answers.count == 1)
        #expect(answers.first?.hasPrefix("HTTP/2.0 on ") == true, "\(answers)")
    }

    @Test func `carries bodies both ways over HTTP 2`() async throws {
        let (client, url) = try await client()
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = "/files/\(UInt32.random(in: 0 ... .max))"
        let put = try await client.execute(.init(.put, url + path, body: .bytes(bytes)))
        #expect(put.status == 201)
        _ = try await put.body.collect(upTo: 1 << 20)
        let got = try await client.execute(.init(.get, url + path))
        #expect(try await got.body.collect(upTo: 4 << 20) == bytes)
    }

    @Test func `many requests at once all find their answers`() async throws {
        let (client, url) = try await client()
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<40 {
                group.addTask { try await text(try await client.execute(.init(.get, url + "/protocol"))) }
            }
            for try await answer in group { #expect(answer.hasPrefix("HTTP/2.0 on ")) }
        }
    }

    @Test func `does not trust what no authority of its own has signed`() async throws {
        let address = try await SecureServer.shared.address()
        let error = await #expect(throws: HTTPClientError.self) {
            _ = try await HTTPClient().execute(.init(.get, address.url + "/protocol"))
        }
        #expect(error?.kind == .tls)
        #expect(error?.description.contains("localhost") == true)
    }

    @Test func `does not trust a certificate for another name`() async throws {
        let (client, url) = try await client()
        let other = url.replacing("localhost", with: "127.0.0.1")
        let error = await #expect(throws: HTTPClientError.self) {
            _ = try await client.execute(.init(.get, other + "/protocol"))
        }
        #expect(error?.kind == .tls)
    }
}
