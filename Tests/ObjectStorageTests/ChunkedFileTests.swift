import Cryptography
import Foundation
import HTTPClient
import Testing

@testable import ObjectStorage

/// Files that are signed while they are sent, against our store, which verifies each signature, and against moto.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ChunkedFileTests {
    private static func configuration(_ endpoint: String, key: String) throws -> S3Configuration {
        var configuration = try S3Configuration(
            endpoint: endpoint, bucket: "test-\(UInt32.random(in: 0 ... .max))", accessKeyID: key, secretAccessKey: key)
        configuration.signsFilesInChunks = true
        return configuration
    }

    private static func withFile(_ bytes: [UInt8], _ body: (String) async throws -> Void) async throws {
        let path = "/tmp/darkroom-\(UInt64.random(in: 0 ... .max))"
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private static func walk(_ storage: ObjectStorage, _ sizes: [Int]) async throws {
        try await storage.createContainerIfMissing()
        for size in sizes {
            let bytes = SecureRandom.bytes(size)
            try await withFile(bytes) { path in
                let options = PutOptions(contentType: "image/png", metadata: ["k": "v"])
                let etag = try await storage.put("f", .file(path: path), options)
                #expect(etag == Hex.encode(MD5.hash(bytes)))
            }
            let download = try await storage.get("f")
            #expect(download.info.contentType == "image/png" && download.info.metadata == ["k": "v"])
            #expect(download.body.verification != nil, "the store has the checksum that came last")
            #expect(try await download.body.collect(upTo: 10 << 20) == bytes)
        }
    }

    @Test func `a store that verifies takes files of any length`() async throws {
        let store = try await OwnStore()
        let configuration = try Self.configuration("http://127.0.0.1:\(store.port(.s3))", key: "minioadmin")
        let storage = ObjectStorage(.s3(configuration), client: HTTPClient())
        try await Self.walk(storage, [0, 1, 15, 16, 1 << 20, (1 << 20) + 1, (2 << 20) + 77])
        let error = try await S3RoundTripTests.kind { try await storage.put("f", .file(path: "/nonexistent")) }
        #expect(error == .invalidRequest)
        withExtendedLifetime(store) {}
    }

    @Test func `so does moto`() async throws {
        let configuration = try Self.configuration(try await MotoServer.shared.endpoint(), key: "test")
        try await Self.walk(ObjectStorage(.s3(configuration), client: HTTPClient()), [1, (1 << 20) + 1])
    }

    @Test func `what is damaged on its way or signed with another key is refused`() async throws {
        let store = try await OwnStore()
        let proxy = try await DamagingProxy(upstream: store.port(.s3))
        let configuration = try Self.configuration("http://127.0.0.1:\(proxy.port)", key: "minioadmin")
        let storage = ObjectStorage(.s3(configuration), client: HTTPClient())
        try await storage.createContainerIfMissing()
        try await Self.withFile(Array("a DAMAGE-UP b".utf8)) { path in
            await #expect(throws: ObjectStorageError.self) { try await storage.put("f", .file(path: path)) }
        }
        #expect(try await S3RoundTripTests.kind { _ = try await storage.head("f") } == .notFound)
        var other = configuration
        other.secretAccessKey = "wrong"
        let stranger = ObjectStorage(.s3(other), client: HTTPClient())
        try await Self.withFile([1]) { path in
            let kind = try await S3RoundTripTests.kind { try await stranger.put("f", .file(path: path)) }
            #expect(kind == .accessDenied)
        }
        withExtendedLifetime((store, proxy)) {}
    }
}
