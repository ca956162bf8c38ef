import Foundation
import HTTPClient
import Testing

@testable import ObjectStorage

/// A store that is killed while it is at work.
@Suite(.timeLimit(.minutes(2))) struct ServerDeathTests {
    private let server = MotoServer()

    private func storage(_ endpoint: String) throws -> ObjectStorage {
        let configuration = try S3Configuration(
            endpoint: endpoint, bucket: "test", accessKeyID: "test", secretAccessKey: "test")
        return ObjectStorage(.s3(configuration), client: HTTPClient(), partSize: 5 << 20)
    }

    /// Gives a part, has the store killed, and goes on.
    private func chunks(thenKilling server: MotoServer) -> AsyncThrowingStream<[UInt8], any Error> {
        let sent = Counter()
        return AsyncThrowingStream {
            switch await sent.next() {
            case 7: try await server.kill()
            case 20: return nil
            default: break
            }
            return [UInt8](repeating: 7, count: 1 << 20)
        }
    }

    private actor Counter {
        private var count = 0
        func next() -> Int {
            count += 1
            return count
        }
    }

    @Test func `killed in the middle of an upload it is unavailable, and used again once it is back`() async throws {
        let storage = try storage(try await server.endpoint())
        try await storage.createContainerIfMissing()
        let error = await #expect(throws: ObjectStorageError.self) {
            try await storage.put("big", .stream(chunks(thenKilling: server)))
        }
        #expect(error?.kind == .unavailable)
        #expect(error?.description.contains("big") == true)
        _ = try await server.endpoint()
        try await storage.createContainerIfMissing()
        try await storage.put("small", .bytes([1, 2, 3]))
        #expect(try await storage.get("small").body.collect(upTo: 10) == [1, 2, 3])
        try await server.kill()
    }

    @Test func `killed in the middle of a download the body ends with an error, never early`() async throws {
        let storage = try storage(try await server.endpoint())
        try await storage.createContainerIfMissing()
        let size = 32 << 20
        try await storage.put("big", .bytes([UInt8](repeating: 7, count: size)))
        let download = try await storage.get("big")
        #expect(download.info.size == size)
        var received = 0
        await #expect(throws: HTTPClientError.self) {
            for try await chunk in download.body {
                if received == 0 { try await server.kill() }
                received += chunk.count
            }
        }
        #expect(received > 0 && received < size)
    }

    @Test func `a store that is away is unavailable, once the attempts are used up`() async throws {
        let storage = try storage(try await server.endpoint())
        try await storage.createContainerIfMissing()
        try await server.kill()
        let error = await #expect(throws: ObjectStorageError.self) { try await storage.head("a") }
        #expect(error?.kind == .unavailable)
    }
}
