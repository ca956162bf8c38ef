import FunctionTesting
import HTTPClient
import Synchronization
import Testing

@testable import ObjectStore
@testable import emulator

@Suite struct EventTargetTests {
    private static func event(_ key: String, _ name: String = "Put", kind: StoreEvent.Kind = .created) -> StoreEvent {
        StoreEvent(
            kind: kind, cause: name, bucket: "b", key: key, size: 1, etag: "e", contentType: "image/png", metadata: [],
            version: nil, sequencer: "1", time: 0, dialect: "s3", requestID: "r", principal: "p")
    }

    @Test(
        arguments: [
            ("up/a.png", "Put", true), ("up/a.png", "Copy", false), ("up/a.jpg", "Put", false), ("a.png", "Put", false),
        ])
    func `a subscription is by bucket, prefix, suffix and event`(_ key: String, _ cause: String, _ wanted: Bool) {
        let rule = NotificationRule(
            name: "n", target: "t", bucket: "b", events: ["s3:ObjectCreated:Put"], prefix: "up/", suffix: ".png")
        #expect(rule.wants(Self.event(key, cause)) == wanted)
        let elsewhere = NotificationRule(name: "n", target: "t", bucket: "c", events: ["s3:ObjectCreated:*"])
        #expect(!elsewhere.wants(Self.event(key, cause)))
    }

    @Test func `Event Grid's names are those of creations and removals`() {
        let rule = NotificationRule(name: "n", target: "t", events: ["Microsoft.Storage.BlobDeleted"])
        #expect(rule.wants(Self.event("k", "Delete", kind: .deleted)))
        #expect(!rule.wants(Self.event("k")))
    }

    @Test func `MinIO's variables name targets`() throws {
        let targets = try EventTargets.load(
            file: nil,
            environment: [
                "MINIO_NOTIFY_WEBHOOK_ENABLE": "on", "MINIO_NOTIFY_WEBHOOK_ENDPOINT": "http://a/",
                "MINIO_NOTIFY_WEBHOOK_ENABLE_X_Y": "true", "MINIO_NOTIFY_WEBHOOK_ENDPOINT_X_Y": "https://b/",
                "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_X_Y": "t", "MINIO_NOTIFY_WEBHOOK_ENABLE_Z": "off",
            ])
        #expect(targets.map(\.id) == ["_", "X_Y"])
        #expect(targets.map(\.token) == [nil, "t"])
        #expect(targets.allSatisfy { $0.shape == .minio && $0.subscription == nil })
    }

    /// Notices that a test looks at.
    private final class Heard: Notices {
        let warnings = Mutex<[String]>([])

        func info(_ message: String) {}
        func warning(_ message: String) { warnings.withLock { $0.append(message) } }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an event that nobody takes for a day is given up, loudly`() async throws {
        let folder = try TemporaryFolder(name: "targets")
        let store = try ObjectStore(directory: folder.path + "/objects", options: StoreOptions(durability: .fast))
        let events = try await store.events.subscribe("target:t")
        try await store.write { try $0.emit(Self.event("k")) }
        let heard = Heard()
        let target = EventTarget(
            id: "t", endpoint: "http://127.0.0.1:1/",
            subscription: NotificationRule(name: "t", target: "t", events: ["s3:ObjectCreated:*"]))
        let sender = TargetSender(
            target: target, store: store,
            origin: EventOrigin(s3Endpoint: "", blobEndpoint: "", account: "a", deployment: "d"),
            client: HTTPClient(), notices: heard, board: HandshakeBoard(address: ""), events: events)
        let running = Task { try await sender.run() }
        try await store.events.flush()
        #expect(heard.warnings.withLock { $0.last }?.hasSuffix("given up") == true)
        running.cancel()
        try await running.value
        try await store.close()
    }

    @Test(
        arguments: [
            ("s3://b/k/l", .store(bucket: "b", key: "k/l")), ("s3://b", .store(bucket: "b", key: "")),
            ("az://c/k", .store(bucket: "c", key: "k")), ("./a", .file("./a")), ("s3:///k", nil), ("", nil),
        ] as [(String, StoreLocation?)])
    func `places are told from paths`(_ text: String, _ place: StoreLocation?) {
        #expect(StoreLocation(argument: text) == place)
    }

    @Test(
        arguments: [
            ("a/b.png", true), ("ä ö", true), ("../a", false), ("a/./b", false), ("a//b", false), ("/a", false),
            ("a/", false), (".objects/a", false), ("a\0b", false), (String(repeating: "x", count: 256), false),
        ])
    func `only plain keys are names of files`(_ key: String, _ isSafe: Bool) {
        #expect(ObjectFileName.isSafe(key) == isSafe)
    }
}
