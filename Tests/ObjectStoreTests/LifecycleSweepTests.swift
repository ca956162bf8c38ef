import Testing

@testable import ObjectStore

/// The walk over a real store, at times that the test says.
@Suite(.timeLimit(.minutes(1))) struct LifecycleSweepTests {
    private func store(_ rule: String, versioning: Versioning = .off, status: String = "Enabled") async throws
        -> TemporaryStore
    {
        let store = try TemporaryStore()
        try await store.store.write { transaction in
            var fields = FieldList()
            fields["versioning"] = versioning.rawValue
            fields["doc:lifecycle"] =
                "<LifecycleConfiguration><Rule><Status>\(status)</Status>\(rule)</Rule></LifecycleConfiguration>"
            try transaction.insert(bucket: "b", owner: "o", fields: fields)
        }
        return store
    }

    private func sweep(_ store: TemporaryStore, afterDays days: Int64) async throws {
        try await LifecycleSweep(store.store) { Clock.milliseconds() + days * 86_400_000 }.sweep()
    }

    private func versions(_ store: TemporaryStore) throws -> Int {
        try store.store.read { snapshot in
            try snapshot.listVersions(VersionQuery(bucket: snapshot.bucket("b")!.id, limit: 2000)).entries.count
        }
    }

    @Test func `removes what is due, tells of it, and leaves the rest`() async throws {
        let store = try await store("<Prefix>tmp/</Prefix><Expiration><Days>2</Days></Expiration>")
        var events = try await store.store.events.subscribe("test").makeAsyncIterator()
        for key in ["tmp/a", "tmp/b", "uploads/a"] { try await store.put(key) }
        try await sweep(store, afterDays: 1)
        #expect(try versions(store) == 3)
        try await sweep(store, afterDays: 4)
        #expect(try versions(store) == 1)
        #expect(try await store.text("uploads/a") == "x")
        var told: [String] = []
        for _ in 0..<5 {
            let event = try #require(try await events.next())
            told.append("\(event.kind.rawValue) \(event.key)")
        }
        #expect(told.suffix(2) == ["deleted tmp/a", "deleted tmp/b"])
    }

    @Test func `walks along many pages`() async throws {
        let store = try await store("<Expiration><Days>1</Days></Expiration>")
        for index in 0..<450 { try await store.put("k\(index)") }
        try await sweep(store, afterDays: 3)
        #expect(try versions(store) == 0)
    }

    @Test func `hides, then removes the versions, then the marker`() async throws {
        let store = try await store(
            """
            <Expiration><Days>1</Days></Expiration><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays>
            </NoncurrentVersionExpiration>
            """, versioning: .enabled)
        for text in ["1", "2"] { try await store.put("k", text) }
        try await sweep(store, afterDays: 2)
        #expect(try await store.text("k") == nil)
        #expect(try versions(store) == 3)
        try await sweep(store, afterDays: 5)
        #expect(try versions(store) == 1)
        try await sweep(store, afterDays: 5)
        #expect(try versions(store) == 0)
    }

    @Test func `does nothing for a rule that is switched off`() async throws {
        let store = try await store("<Expiration><Days>1</Days></Expiration>", status: "Disabled")
        try await store.put("k")
        try await sweep(store, afterDays: 9)
        #expect(try await store.text("k") == "x")
    }

    @Test func `aborts uploads that nobody completes`() async throws {
        let store = try await store(
            "<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation>"
                + "</AbortIncompleteMultipartUpload>"
        )
        try await store.store.write { transaction in
            let bucket = try transaction.bucket("b")!
            try transaction.insert(
                UploadRecord(id: "u", bucket: bucket.id, key: "k", created: transaction.now, fields: FieldList()))
        }
        try await sweep(store, afterDays: 1)
        #expect(try store.store.read { try $0.upload("u") } != nil)
        try await sweep(store, afterDays: 4)
        #expect(try store.store.read { try $0.upload("u") } == nil)
    }
}
