import Testing

@testable import ObjectStore

/// What was deleted is let go when its time is over, and not before.
@Suite(.timeLimit(.minutes(1))) struct RetentionSweepTests {
    private static let account = AzureOptions.Account(name: "account", key: "a2V5")

    private func store(days: Int) async throws -> TemporaryStore {
        let store = try TemporaryStore()
        try await say(days: days, enabled: true, store)
        try await store.store.write { try $0.insert(bucket: "b", owner: "o", fields: FieldList()) }
        return store
    }

    private func say(days: Int, enabled: Bool, _ store: TemporaryStore) async throws {
        let text = """
            <StorageServiceProperties><DeleteRetentionPolicy><Enabled>\(enabled)</Enabled><Days>\(days)</Days>\
            </DeleteRetentionPolicy></StorageServiceProperties>
            """
        try await store.store.write { transaction in
            try transaction.set(AzureService.blob.settingName(Self.account.name), text)
        }
    }

    private func sweep(_ store: TemporaryStore, afterDays days: Int64) async throws {
        try await RetentionSweep(store.store, [Self.account]) { Clock.milliseconds() + days * 86_400_000 }.sweep()
    }

    /// Deletes as a client of the account would.
    private func delete(_ key: String, _ store: TemporaryStore) async throws {
        try await store.store.write { transaction in
            let bucket = try transaction.bucket("b")!
            let record = try transaction.object(bucket.id, key)!
            let policy = try SoftDelete(transaction, account: Self.account.name)
            #expect(try policy.keepDeleted(record, transaction))
            _ = try transaction.delete(bucket, key)
        }
    }

    private func kept(_ key: String, _ store: TemporaryStore) throws -> Int {
        try store.store.read { try $0.versions($0.bucket("b")!.id, key).count }
    }

    @Test func `blobs stay as long as was said when they were deleted`() async throws {
        let store = try await store(days: 3)
        for key in ["a", "b", "stays"] { try await store.put(key, "of \(key)") }
        try await delete("a", store)
        try await say(days: 30, enabled: true, store)
        try await delete("b", store)
        try await say(days: 1, enabled: false, store)
        try await sweep(store, afterDays: 2)
        #expect(try (kept("a", store), kept("b", store)) == (1, 1))
        try await sweep(store, afterDays: 4)
        #expect(try (kept("a", store), kept("b", store)) == (0, 1))
        try await sweep(store, afterDays: 31)
        #expect(try kept("b", store) == 0)
        #expect(try await store.text("stays") == "of stays")
    }

    @Test func `walks along many pages`() async throws {
        let store = try await store(days: 1)
        for index in 0..<450 {
            try await store.put("k\(index)")
            try await delete("k\(index)", store)
        }
        try await sweep(store, afterDays: 2)
        #expect(try (0..<450).allSatisfy { try kept("k\($0)", store) == 0 })
    }

    @Test func `containers stay as long as was said when they were deleted`() async throws {
        let store = try await store(days: 2)
        try await store.put("k")
        let space = DeletedContainers(of: "")
        try await store.store.write { transaction in
            let policy = try SoftDelete(transaction, account: Self.account.name)
            try space.keep(transaction.bucket("b")!, by: policy, transaction)
        }
        func count() throws -> Int { try store.store.read { try $0.buckets(account: space.namespace, limit: 9).count } }
        try await sweep(store, afterDays: 1)
        #expect(try count() == 1)
        try await sweep(store, afterDays: 3)
        #expect(try count() == 0)
    }
}
