import FoundationEssentials
import HTTPClient
import Testing

@testable import ObjectStorage

/// What whoever holds a signed URL may do with it, and what not: our store verifies what moto lets pass.
@Suite(.serialized, .timeLimit(.minutes(2))) struct PresignTests {
    private let client = HTTPClient()

    private func status(
        _ request: PresignedRequest, _ method: String? = nil, url: String? = nil, headers: [String: String]? = nil,
        body: String = ""
    ) async throws -> Int {
        var fields = HTTPHeaders()
        for (name, value) in headers ?? request.headers { fields.add(name, value) }
        let method = HTTPMethod(method ?? request.method)
        let isRead = method == .get || method == .head
        let response = try await client.execute(
            .init(method, url ?? request.url, headers: fields, body: isRead ? .none : .text(body)))
        _ = try await response.body.collect(upTo: 10_000)
        return response.status
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `a signed URL is for one thing, one object and one time`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(dialect)
        try await storage.put("a", .bytes([1, 2, 3]))
        try await storage.put("b", .bytes([1]))

        let get = try storage.presignGet("a", expiry: .seconds(60))
        #expect(try await status(get) == 200)
        #expect(try await status(get, "PUT", headers: ["x-ms-blob-type": "BlockBlob"]) == 403)
        #expect(try await status(get, "DELETE") == 403)
        #expect(try await status(get, url: get.url.replacing("/a?", with: "/b?")) == 403)
        let late = try storage.presignGet("a", expiry: .seconds(60), at: Date() - 61)
        #expect(try await status(late) == 403)
        #expect(abs(get.expires.timeIntervalSinceNow - 60) < 30)

        let upload = PresignedUpload(contentType: "text/plain", metadata: ["k": "é"])
        let put = try storage.presignPut("new", upload, expiry: .seconds(60))
        #expect(try await status(put, "GET") == 403)
        #expect(try await status(put, "DELETE") == 403)
        #expect(try await status(put, url: put.url.replacing("/new?", with: "/b?"), body: "x") == 403)
        #expect(
            try await status(storage.presignPut("new", upload, expiry: .seconds(60), at: Date() - 61), body: "x") == 403
        )
        #expect(try await status(put, body: "hello") / 100 == 2)
        let info = try await storage.head("new")
        #expect(info.contentType == "text/plain" && info.metadata == ["k": "é"] && info.size == 5)
        #expect(try await storage.get("b").body.collect(upTo: 10) == [1])
        withExtendedLifetime((store, proxy)) {}
    }

    /// S3 signs what is to be sent along; Azure's signature says nothing of it.
    @Test func `an upload to S3 has the type and the length that were signed`() async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(.s3)
        let upload = PresignedUpload(contentType: "text/plain", contentLength: 5)
        let put = try storage.presignPut("new", upload, expiry: .seconds(60))
        #expect(try await status(put, body: "longer than five") == 403)
        #expect(try await status(put, headers: ["content-type": "text/html"], body: "hello") == 403)
        #expect(try await status(put, body: "hello") == 200)
        withExtendedLifetime((store, proxy)) {}
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `any key is reached, signed in the header and in the URL`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(dialect)
        for key in ["dir/a b+c%20.png", "é/😀", "~$&'()*,;=:@!?#[]", "a=b&c=d", "100%", "e\u{301}"] {
            let bytes = Array(key.utf8)
            try await storage.put(key, .bytes(bytes))
            #expect(try await storage.get(key).body.collect(upTo: 100) == bytes)
            #expect(try await status(storage.presignGet(key, expiry: .seconds(60))) == 200)
            #expect(try await status(storage.presignPut(key, expiry: .seconds(60)), body: "x") / 100 == 2)
            try await storage.copy(key, to: "copy")
            #expect(try await storage.get("copy").body.collect(upTo: 100) == Array("x".utf8))
            var keys: [String] = []
            for try await page in storage.list(prefix: key) { keys += page.objects.map(\.key) }
            #expect(keys == [key])
        }
        withExtendedLifetime((store, proxy)) {}
    }
}
