import FunctionRuntime
import FunctionTesting
import Hosting
import Testing

@testable import ObjectStore
@testable import emulator

@Suite struct StoreEventSourceTests {
    @Test(.timeLimit(.minutes(1)))
    func `delivers what was stored before anybody asked`() async throws {
        let folder = try TemporaryFolder(name: "events")
        let store = try ObjectStore(directory: folder.path + "/objects", options: StoreOptions(durability: .fast))
        try await store.createBucketIfMissing("darkroom")
        let source = try await StoreEventSource(store: store, bucket: "darkroom")
        try await store.write { transaction in
            let bucket = try #require(try transaction.bucket("darkroom"))
            let record = ObjectRecord(
                bucket: bucket.id, key: "early", version: 0, versionName: nil, size: 0, etag: "e",
                modified: transaction.now, revision: 0, segments: [], fields: FieldList())
            try transaction.emit(
                StoreEvent(
                    kind: .created, cause: "Put", record, bucket: bucket.name, dialect: "s3", requestID: "",
                    principal: ""))
        }
        #expect(try await store.events.pendingCount() == 1)
        var deliveries = source.deliveries().makeAsyncIterator()
        #expect(try await deliveries.next()?.object.key == "early")
        try await store.close()
    }
}
