import FoundationEssentials
import HTTPClient
import Testing

@testable import ObjectStorage

/// Where a store may be: behind a host name of the bucket's own, and behind a certificate of one's own.
@Suite(.timeLimit(.minutes(1))) struct AddressingTests {
    /// Everything that is signed on a path of its own.
    private func walk(_ storage: ObjectStorage) async throws {
        try await storage.createContainerIfMissing()
        try await storage.put("dir/a é", .bytes([1, 2, 3]))
        try await storage.copy("dir/a é", to: "b")
        #expect(try await storage.get("b").body.collect(upTo: 10) == [1, 2, 3])
        var keys: [String] = []
        for try await page in storage.list() { keys += page.objects.map(\.key) }
        #expect(keys == ["b", "dir/a é"])
        try await storage.delete("b")
        #expect(try await S3RoundTripTests.kind { _ = try await storage.head("b") } == .notFound)
    }

    @Test func `a bucket may stand before the host`() async throws {
        let store = try await OwnStore()
        let configuration = try OwnStore.configuration(
            .s3, "http://localhost:\(store.port(.s3))", usesPathStyle: false)
        let client = HTTPClient()
        let storage = ObjectStorage(configuration, client: client)
        try await walk(storage)
        let url = try storage.presignGet("dir/a é", expiry: .seconds(60)).url
        #expect(url.hasPrefix("http://test-"))
        let response = try await client.execute(.init(.get, url))
        #expect(try await response.body.collect(upTo: 1000) == [1, 2, 3])
        withExtendedLifetime(store) {}
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `a store may show a certificate of an authority of its own`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let proxy = try await DamagingProxy(upstream: store.port(dialect), isSecure: true)
        let configuration = try OwnStore.configuration(dialect, "https://localhost:\(proxy.port)")
        let certificate = try #require(proxy.certificate)
        let client = HTTPClient(.init(certificateAuthorities: certificate))
        try await walk(ObjectStorage(configuration, client: client))
        let strict = ObjectStorage(configuration, client: HTTPClient())
        #expect(try await S3RoundTripTests.kind { _ = try await strict.head("dir/a é") } == .unavailable)
        withExtendedLifetime((store, proxy)) {}
    }
}
