import Glibc
import NIOCore

@testable import ObjectStore

/// A store in a folder of its own that goes away with it.
final class TemporaryStore: Sendable {
    let directory: String
    let store: ObjectStore

    init(_ options: StoreOptions = StoreOptions(durability: .fast)) throws {
        var template = Array("/tmp/object-store-XXXXXX\0".utf8CString)
        directory = String(cString: mkdtemp(&template))
        store = try ObjectStore(directory: directory, options: options)
    }

    deinit { Self.remove(directory) }

    static func remove(_ path: String) {
        guard let names = try? SystemCall.names(in: path) else {
            unlink(path)
            return
        }
        for name in names { remove(path + "/" + name) }
        rmdir(path)
    }

    /// Puts an object the way a dialect does.
    @discardableResult
    func put(_ key: String, _ text: String = "x", bucket: String = "b") async throws -> ObjectRecord {
        var writer = store.contentWriter()
        try writer.write(ByteBuffer(string: text))
        let content = try await writer.finish()
        return try await store.write(adopting: content) { transaction in
            let bucket = try transaction.bucket(bucket)!
            let stored = try transaction.store(
                ObjectRecord(
                    bucket: bucket.id, key: key, version: 0, versionName: nil, size: content.size, etag: "e",
                    modified: transaction.now, revision: 0, segments: content.segments, fields: FieldList()),
                in: bucket)
            try transaction.emit(
                StoreEvent(
                    kind: .created, cause: "Put", stored, bucket: bucket.name, dialect: "s3", requestID: "",
                    principal: ""))
            return stored
        }
    }

    func delete(_ key: String, bucket: String = "b") async throws {
        try await store.write { transaction in
            let bucket = try transaction.bucket(bucket)!
            _ = try transaction.delete(bucket, key)
        }
    }

    func text(_ key: String, bucket: String = "b") async throws -> String? {
        let reader: ContentReader
        do {
            (_, reader) = try store.open { snapshot in
                guard let record = try snapshot.object(snapshot.bucket(bucket)!.id, key) else { throw Missing() }
                return ((), record.segments)
            }
        } catch is Missing { return nil }
        var all = ByteBuffer()
        while var bytes = try await reader.nextBuffer() { all.writeBuffer(&bytes) }
        return String(buffer: all)
    }

    /// The files that hold contents.
    func files() throws -> Set<String> {
        var files: Set<String> = []
        for shard in try SystemCall.names(in: directory + "/contents") {
            files.formUnion(try SystemCall.names(in: directory + "/contents/" + shard))
        }
        return files
    }

    struct Missing: Error {}
}
