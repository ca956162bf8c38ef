import Cryptography
import GRDB
import Glibc
import NIOCore
import NIOPosix

/// Objects on their way from and to files of the file system. Only current objects travel: versions, snapshots and uploads
/// that were never completed stay.
extension ObjectStore {
    /// Every bucket of the default account, in order of their names.
    package func carriedBuckets() throws -> [CarriedBucket] {
        try read { snapshot in
            try snapshot.buckets(limit: .max).map {
                CarriedBucket(name: $0.name, owner: $0.owner, fields: $0.fields.carried)
            }
        }
    }

    /// The objects of a bucket in order of their keys, after `key`.
    package func carriedObjects(in bucket: String, after key: String, limit: Int) throws -> [CarriedObject] {
        try read { snapshot in
            guard let bucket = try snapshot.bucket(bucket) else { return [] }
            let rows = try snapshot.rows(
                "SELECT * FROM object WHERE bucket = ? AND key > ? ORDER BY key LIMIT ?", [bucket.id, key, limit])
            var objects: [CarriedObject] = []
            while let row = try rows.next() {
                let record = try ObjectRecord(row)
                objects.append(CarriedObject(key: record.key, etag: record.etag, fields: record.fields.carried))
            }
            return objects
        }
    }

    /// Writes an object's bytes into a new file.
    /// - Returns: false when the object is gone.
    package func write(_ key: String, of bucket: String, to path: String) async throws -> Bool {
        let (isThere, reader) = try open { snapshot -> (Bool, [Segment]) in
            guard let bucket = try snapshot.bucket(bucket), let record = try snapshot.object(bucket.id, key) else {
                return (false, [])
            }
            return (true, record.segments)
        }
        guard isThere else { return false }
        let descriptor = try SystemCall.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        defer { Glibc.close(descriptor) }
        try await reader.forEachBuffer { bytes in
            try await NIOThreadPool.singleton.runIfActive {
                try bytes.withUnsafeReadableBytes { try SystemCall.write(descriptor, $0, path: path) }
            }
        }
        return true
    }

    /// Makes a bucket unless it is there; `replaces`: gives it these settings in any case.
    package func put(_ carried: CarriedBucket, replaces: Bool) async throws {
        try await write { transaction in
            if var bucket = try transaction.bucket(carried.name) {
                guard replaces else { return }
                bucket.owner = carried.owner
                bucket.fields = FieldList(carried: carried.fields)
                bucket.modified = transaction.now
                bucket.revision = transaction.draw()
                return try transaction.update(bucket)
            }
            try transaction.insert(
                bucket: carried.name, owner: carried.owner, fields: FieldList(carried: carried.fields))
        }
    }

    /// Puts a file into a bucket that is there.
    /// - Parameters:
    ///   - emits: whether functions and targets hear of it.
    ///   - replaces: whether it takes the place of an object that is there.
    /// - Returns: whether it is in the store now through this call.
    package func put(
        _ carried: CarriedObject, in bucket: String, from path: String, emits: Bool, replaces: Bool
    ) async throws -> Bool {
        let isThere = try read { snapshot in
            guard let bucket = try snapshot.bucket(bucket) else { return false }
            return try snapshot.object(bucket.id, carried.key) != nil
        }
        if isThere && !replaces { return false }
        let content = try await content(of: path)
        try await write(adopting: content) { transaction in
            guard let bucket = try transaction.bucket(bucket) else { throw StoreError.noBucket(bucket) }
            var fields = FieldList(carried: carried.fields)
            fields["owner"] = fields["owner"] ?? bucket.owner
            let record = ObjectRecord(
                bucket: bucket.id, key: carried.key, version: 0, versionName: nil, size: content.size,
                etag: carried.etag ?? Hex.encode(content.md5), modified: transaction.now, revision: 0,
                segments: content.segments, fields: fields)
            let stored = try transaction.store(record, in: bucket)
            guard emits else { return }
            try transaction.emit(
                StoreEvent(
                    kind: .created, cause: "Put", stored, bucket: bucket.name, dialect: "s3",
                    requestID: RequestID.next(), principal: bucket.owner))
        }
        return true
    }

    private func content(of path: String) async throws -> PendingContent {
        let descriptor = try SystemCall.open(path, O_RDONLY)
        defer { Glibc.close(descriptor) }
        var writer = contentWriter()
        var offset: Int64 = 0
        while true {
            let start = offset
            let bytes = try await NIOThreadPool.singleton.runIfActive {
                var bytes = ByteBuffer()
                try bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 << 20) { buffer in
                    try SystemCall.read(
                        descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<(1 << 20)]), at: start,
                        path: path)
                }
                return bytes
            }
            if bytes.readableBytes == 0 { return try await writer.finish() }
            offset += Int64(bytes.readableBytes)
            try writer.write(bytes)
        }
    }
}
