import Testing

@testable import ObjectStore

@Suite(.timeLimit(.minutes(1))) struct ListenTests {
    @Test(arguments: [
        (["s3:ObjectCreated:*"], "in/", ".png", true), (["s3:ObjectCreated:Put"], "", "", true),
        (["s3:ObjectRemoved:*", "s3:ObjectCreated:Copy"], "", "", false), (["s3:ObjectCreated:*"], "out/", "", false),
        (["s3:ObjectCreated:*"], "", ".txt", false),
    ])
    func `tells what was asked for`(events: [String], prefix: String, suffix: String, tells: Bool) {
        let record = LifecycleRuleTests.record("in/a.png")
        let event = StoreEvent(
            kind: .created, cause: "Put", record, bucket: "b", dialect: "s3", requestID: "1", principal: "p")
        var filter = ListenFilter(bucket: "b", events: events, prefix: prefix, suffix: suffix)
        #expect(filter.matches(event) == tells)
        filter.bucket = "other"
        #expect(!filter.matches(event))
    }

    @Test(arguments: [
        ("s3:ObjectCreated:*", true), ("s3:ObjectRemoved:Delete", true), ("s3:Nothing:*", false), ("", false),
        ("ObjectCreated:*", false),
    ])
    func `knows the names of events`(name: String, isKnown: Bool) {
        #expect(ListenFilter.isKnown(name) == isKnown)
    }

    @Test func `listeners of an earlier run leave nothing behind`() async throws {
        let store = try TemporaryStore()
        try await store.store.createBucketIfMissing("b")
        _ = try await store.store.events.subscribe(S3Call.listenerPrefix + "1")
        _ = try await store.store.events.subscribe("functions")
        try await store.put("k")
        #expect(try await store.store.events.pendingCount() == 2)
        try await store.store.forgetListeners()
        try await store.put("l")
        #expect(try await store.store.events.pendingCount() == 2)
    }
}
