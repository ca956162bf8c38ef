import Cryptography
import FoundationEssentials
import Glibc
import HTTPClient
import Testing

@testable import ObjectStorage

/// What is damaged on its way is noticed: by the store, or by whoever reads it.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DamageTests {
    private static func expectDamage(_ body: () async throws -> Void) async throws {
        #expect(try await S3RoundTripTests.kind(body) == .damaged)
    }

    /// Longer than a part, with a word at its beginning.
    private static func stream(_ word: String) -> AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            continuation.yield(Array(word.utf8))
            for _ in 0..<6 { continuation.yield([UInt8](repeating: 7, count: 1 << 20)) }
            continuation.finish()
        }
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `a store refuses what arrived damaged, and keeps nothing of it`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(dialect)
        let bytes = Array("a DAMAGE-UP b".utf8)
        try await Self.expectDamage { try await storage.put("a", .bytes(bytes)) }
        try await Self.expectDamage { try await storage.put("s", .stream(Self.stream("DAMAGE-UP"))) }
        let path = "/tmp/darkroom-\(UInt64.random(in: 0 ... .max))"
        let file = try #require(fopen(path, "w"))
        fputs("a DAMAGE-UP b", file)
        fclose(file)
        defer { unlink(path) }
        try await Self.expectDamage { try await storage.put("f", .file(path: path)) }
        for key in ["a", "s", "f"] {
            #expect(try await S3RoundTripTests.kind { _ = try await storage.head(key) } == .notFound)
        }
        withExtendedLifetime((store, proxy)) {}
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `what was damaged once is sent again, though it must not overwrite`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(dialect)
        let bytes = Array("a DAMAGE-ONCE b".utf8)
        try await storage.put("a", .bytes(bytes), PutOptions(condition: .ifMissing))
        #expect(try await storage.get("a").body.collect(upTo: 100) == bytes)
        withExtendedLifetime((store, proxy)) {}
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `a download that arrives damaged has no end`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(dialect)
        try await storage.put("a", .bytes(Array("a DAMAGE-DOWN b".utf8)))
        try await Self.expectDamage { _ = try await storage.get("a").body.collect(upTo: 100) }
        try await Self.expectDamage { for try await _ in try await storage.get("a").body {} }
        // What of it was not damaged arrives.
        #expect(try await storage.get("a", range: 0..<1).body.collect(upTo: 1) == Array("a".utf8))
        withExtendedLifetime((store, proxy)) {}
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `what was sent in parts comes back`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(dialect)
        try await storage.put("s", .stream(Self.stream("whole")))
        let bytes = try await storage.get("s").body.collect(upTo: 10 << 20)
        #expect(bytes.prefix(5) == Array("whole".utf8)[...] && bytes.count == 5 + (6 << 20))
        withExtendedLifetime((store, proxy)) {}
    }

    @Test(arguments: OwnStore.Dialect.allCases)
    func `what was sent in parts is compared when it is read`(dialect: OwnStore.Dialect) async throws {
        let store = try await OwnStore()
        let (storage, proxy) = try await store.storage(dialect)
        try await storage.put("s", .stream(Self.stream("DAMAGE-DOWN")))
        try await Self.expectDamage { _ = try await storage.get("s").body.collect(upTo: 10 << 20) }
        withExtendedLifetime((store, proxy)) {}
    }

    /// moto compares nothing itself, but keeps the checksum it is told.
    @Test func `what another store took damaged is noticed by its reader`() async throws {
        let endpoint = try await MotoServer.shared.endpoint()
        let proxy = try await DamagingProxy(upstream: Int(endpoint.split(separator: ":").last ?? "") ?? 0)
        let configuration = try S3Configuration(
            endpoint: "http://127.0.0.1:\(proxy.port)", bucket: "test-\(UInt32.random(in: 0 ... .max))",
            accessKeyID: "test", secretAccessKey: "test")
        let storage = ObjectStorage(.s3(configuration), client: HTTPClient())
        try await storage.createContainerIfMissing()
        try await storage.put("up", .bytes(Array("a DAMAGE-UP b".utf8)))
        try await Self.expectDamage { _ = try await storage.get("up").body.collect(upTo: 100) }
        try await storage.put("down", .bytes(Array("a DAMAGE-DOWN b".utf8)))
        try await Self.expectDamage { _ = try await storage.get("down").body.collect(upTo: 100) }
        withExtendedLifetime(proxy) {}
    }
}
