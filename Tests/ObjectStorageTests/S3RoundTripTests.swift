import Cryptography
import FoundationEssentials
import Glibc
import HTTPClient
import Testing

@testable import ObjectStorage

/// Against moto.
@Suite(.timeLimit(.minutes(1))) struct S3RoundTripTests {
    static let client = HTTPClient()

    static func storage(partSize: Int = 8 << 20) async throws -> ObjectStorage {
        let configuration = try S3Configuration(
            endpoint: try await MotoServer.shared.endpoint(), bucket: "test-\(UInt32.random(in: 0 ... .max))",
            accessKeyID: "test", secretAccessKey: "test")
        let storage = ObjectStorage(.s3(configuration), client: client, partSize: partSize)
        try await storage.createContainerIfMissing()
        return storage
    }

    static func kind(_ body: () async throws -> Void) async throws -> ObjectStorageError.Kind {
        try await #require(throws: ObjectStorageError.self) { try await body() }.kind
    }

    @Test(arguments: ["a", "dir/a b+c%20.png", "é/😀", "a//b/../c", "~$&'()*,;=:@!?#[]"])
    func `stores and returns an object with all that belongs to it`(key: String) async throws {
        let storage = try await Self.storage()
        let bytes = SecureRandom.bytes(70_000)
        let options = PutOptions(
            contentType: "image/png", metadata: ["JobID": "42", "prompt": "café 😀"], cacheControl: "no-store")
        let etag = try await storage.put(key, .bytes(bytes), options)
        #expect(etag == Hex.encode(MD5.hash(bytes)))
        let download = try await storage.get(key)
        #expect(try await download.body.collect(upTo: 100_000) == bytes)
        let info = try await storage.head(key)
        #expect(info == download.info)
        #expect(info.size == 70_000 && info.contentType == "image/png" && info.etag == etag)
        #expect(info.metadata == ["jobid": "42", "prompt": "café 😀"])
        #expect(abs(try #require(info.lastModified).timeIntervalSinceNow) < 60)
    }

    @Test func `returns a range, and the whole object's size`() async throws {
        let storage = try await Self.storage()
        try await storage.put("a", .bytes(Array("0123456789".utf8)))
        let download = try await storage.get("a", range: 2..<5)
        #expect(try await download.body.collect(upTo: 10) == Array("234".utf8))
        #expect(download.info.size == 10)
        #expect(try await Self.kind { _ = try await storage.get("a", range: 20..<30) } == .rangeNotSatisfiable)
        #expect(try await Self.kind { _ = try await storage.get("a", range: 3..<3) } == .rangeNotSatisfiable)
    }

    @Test func `deletes, and says what is missing`() async throws {
        let storage = try await Self.storage()
        try await storage.put("a", .bytes([1]))
        try await storage.delete("a")
        try await storage.delete("a")
        #expect(try await Self.kind { _ = try await storage.get("a") } == .notFound)
        #expect(try await Self.kind { _ = try await storage.head("a") } == .notFound)
        let error = try await #require(throws: ObjectStorageError.self) { try await storage.get("a") }
        #expect(error.code == "NoSuchKey" && error.status == 404 && error.key == "a" && error.operation == "get")
    }

    @Test func `keeps its hands off what a condition protects`() async throws {
        let storage = try await Self.storage()
        let etag = try await storage.put("a", .bytes([1]), PutOptions(condition: .ifMissing))
        let kind = try await Self.kind { try await storage.put("a", .bytes([2]), PutOptions(condition: .ifMissing)) }
        #expect(kind == .preconditionFailed)
        #expect(try await storage.head("a").etag == etag)
    }

    @Test func `lists pages, and one level like a folder`() async throws {
        let storage = try await Self.storage()
        let keys = (0..<5).map { "in/\($0) é+.png" } + ["in/sub/x", "other"]
        for key in keys { try await storage.put(key, .bytes([1, 2, 3])) }
        var found: [String] = []
        var pages = 0
        for try await page in storage.list(prefix: "in/", pageSize: 2) {
            found += page.objects.map(\.key)
            pages += 1
        }
        #expect(found == Array(keys.prefix(6)))
        #expect(pages == 3)
        var level: [ObjectPage] = []
        for try await page in storage.list(prefix: "in/", delimiter: "/") { level.append(page) }
        #expect(level.count == 1 && level[0].prefixes == ["in/sub/"] && level[0].objects.count == 5)
        #expect(level[0].objects[0].size == 3 && level[0].objects[0].lastModified != nil)
        var nothing: [ObjectPage] = []
        for try await page in storage.list(prefix: "none/") { nothing.append(page) }
        #expect(nothing == [ObjectPage(objects: [], prefixes: [], continuation: nil)])
    }

    @Test func `copies with metadata`() async throws {
        let storage = try await Self.storage()
        try await storage.put("a é", .bytes([1, 2]), PutOptions(contentType: "x/y", metadata: ["k": "v"]))
        try await storage.copy("a é", to: "b")
        let info = try await storage.head("b")
        #expect(info.size == 2 && info.contentType == "x/y" && info.metadata == ["k": "v"])
        #expect(try await Self.kind { try await storage.copy("none", to: "c") } == .notFound)
    }

    @Test func `stores a file`() async throws {
        let storage = try await Self.storage()
        let path = "/tmp/darkroom-\(UInt64.random(in: 0 ... .max))"
        let file = try #require(fopen(path, "w"))
        fputs("from a file", file)
        fclose(file)
        defer { unlink(path) }
        try await storage.put("f", .file(path: path))
        #expect(try await storage.get("f").body.collect(upTo: 100) == Array("from a file".utf8))
        #expect(try await Self.kind { try await storage.put("f", .file(path: "/nonexistent")) } == .invalidRequest)
    }

    @Test(arguments: [(0, false), (5 << 20, false), (5 << 20 + 1, true), (12 << 20, true)])
    func `stores a stream, in parts when it is long`(size: Int, isInParts: Bool) async throws {
        let storage = try await Self.storage(partSize: 5 << 20)
        let bytes = SecureRandom.bytes(size)
        let chunks = AsyncStream<[UInt8]> { continuation in
            for start in stride(from: 0, to: size, by: 700_000) {
                continuation.yield(Array(bytes[start..<min(start + 700_000, size)]))
            }
            continuation.finish()
        }
        let etag = try await storage.put("s", .stream(chunks), PutOptions(contentType: "x/y", metadata: ["k": "v"]))
        #expect(etag.contains("-") == isInParts)
        let download = try await storage.get("s")
        #expect(download.info.metadata == ["k": "v"] && download.info.contentType == "x/y")
        #expect(SHA256.hash(try await download.body.collect(upTo: 20 << 20)) == SHA256.hash(bytes))
    }

    @Test func `leaves nothing behind when a stream breaks`() async throws {
        struct Broken: Error {}
        let storage = try await Self.storage(partSize: 5 << 20)
        let chunks = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(SecureRandom.bytes(6 << 20))
            continuation.finish(throwing: Broken())
        }
        await #expect(throws: Broken.self) { try await storage.put("s", .stream(chunks)) }
        #expect(try await Self.kind { _ = try await storage.head("s") } == .notFound)
    }

    @Test func `presigns an upload and a download that work`() async throws {
        let storage = try await Self.storage()
        let upload = PresignedUpload(contentType: "text/plain", contentLength: 5, metadata: ["k": "é"])
        let put = try storage.presignPut("p q", upload, expiry: .seconds(60))
        #expect(put.headers == ["content-type": "text/plain", "x-amz-meta-k": "=?UTF-8?B?w6k=?="])
        #expect(put.url.contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bx-amz-meta-k"))
        var headers = HTTPHeaders()
        for (name, value) in put.headers { headers.add(name, value) }
        let stored = try await Self.client.execute(.init(.put, put.url, headers: headers, body: .text("hello")))
        #expect(stored.status == 200)
        #expect(try await storage.head("p q").metadata == ["k": "é"])
        let override = PresignedDownload(contentDisposition: "attachment; filename=\"x y.txt\"")
        let get = try storage.presignGet("p q", override, expiry: .seconds(60))
        let response = try await Self.client.execute(.init(.get, get.url))
        // moto ignores the override; that it is in the signed URL is all that can be seen here.
        #expect(get.url.contains("response-content-disposition=attachment%3B%20filename%3D%22x%20y.txt%22"))
        #expect(try await response.body.collect(upTo: 100) == Array("hello".utf8))
    }

    @Test func `makes a bucket once, elsewhere too, and misses one that is not there`() async throws {
        try await Self.storage().createContainerIfMissing()
        for region in ["us-east-1", "eu-central-1"] {
            let configuration = try S3Configuration(
                endpoint: try await MotoServer.shared.endpoint(), region: region,
                bucket: "other-\(UInt32.random(in: 0 ... .max))", accessKeyID: "test", secretAccessKey: "test")
            let storage = ObjectStorage(.s3(configuration), client: Self.client)
            #expect(try await Self.kind { _ = try await storage.put("a", .bytes([])) } == .containerNotFound)
            try await storage.createContainerIfMissing()
            try await storage.createContainerIfMissing()
            try await storage.put("a", .bytes([]))
            #expect(try await storage.head("a").size == 0)
        }
    }

    @Test func `says that nobody listens, after trying again`() async throws {
        let configuration = try S3Configuration(
            endpoint: "http://127.0.0.1:1", bucket: "b", accessKeyID: "a", secretAccessKey: "secret")
        let storage = ObjectStorage(.s3(configuration), client: Self.client)
        let error = try await #require(throws: ObjectStorageError.self) { try await storage.head("a") }
        #expect(error.kind == .unavailable)
        #expect(!"\(error) \(configuration)".contains("secret"))
    }

    @Test(arguments: ["", String(repeating: "a", count: 1025), "a\0b"])
    func `refuses a key that no vendor takes`(key: String) async throws {
        let storage = try await Self.storage()
        #expect(try await Self.kind { try await storage.put(key, .bytes([])) } == .invalidRequest)
        #expect(throws: ObjectStorageError.self) { try storage.presignGet(key, expiry: .seconds(1)) }
        #expect(throws: ObjectStorageError.self) { try storage.presignGet("a", expiry: .seconds(604_801)) }
    }
}
