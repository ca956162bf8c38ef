import Cryptography
import NIOCore
import NIOHTTP1

extension S3Call {
    static let sizeLimit: Int64 = 5 << 30

    func putObject() async throws -> HTTPReply {
        try checkLength()
        var fields = try ObjectHeaders.fields(request)
        try addProtection(to: &fields)
        let customerKey = try CustomerKey(request)
        fields[CustomerKey.field] = customerKey?.fingerprint()
        let (content, checksum) = try await receive(sealedWith: customerKey)
        if let (algorithm, value) = checksum {
            fields["checksum:" + algorithm.rawValue] = value
            fields["checksum-type"] = "FULL_OBJECT"
        }
        let conditions = HTTPConditions(request)
        let (stored, bucket) = try await commit(content, fields, etag: Hex.encode(content.md5), cause: "Put") {
            try Self.checkWrite(conditions, against: $0, key: $1)
        }
        var headers: HTTPHeaders = ["ETag": "\"\(stored.etag)\""]
        try ObjectHeaders.showWritten(stored, bucket, in: &headers)
        customerKey?.show(in: &headers)
        if let (algorithm, value) = checksum {
            headers.add(name: algorithm.header, value: value)
            headers.add(name: "x-amz-checksum-type", value: "FULL_OBJECT")
        }
        return HTTPReply(200, headers)
    }

    /// Refuses what has no length or too much of it, before a byte of it is taken.
    func checkLength() throws(S3Error) {
        let text = request.header("x-amz-decoded-content-length") ?? request.header("content-length")
        guard let text else {
            if request.headers.contains(name: "transfer-encoding") { return }
            throw .missingContentLength
        }
        guard let length = Int64(text), length >= 0 else { throw .invalidArgument("Content-Length is not a number") }
        if length > Self.sizeLimit {
            var error = S3Error.entityTooLarge
            error.details = [("ProposedSize", text), ("MaxSizeAllowed", String(Self.sizeLimit))]
            throw error
        }
    }

    /// Takes the body as one content, checked against everything the client said about it.
    func receive(
        sealedWith key: CustomerKey?
    ) async throws -> (PendingContent, (ChecksumAlgorithm, String)?) {
        var payload = try payload()
        var checksums = try S3Checksums(request)
        var writer = SealedWriter(store, key)
        while let bytes = try await payload.next() {
            checksums.update(bytes)
            try writer.write(bytes)
            if writer.size > Self.sizeLimit { throw S3Error.entityTooLarge }
        }
        let (content, md5) = try await writer.finish()
        do {
            return (content, try checksums.verify(md5: md5, trailers: payload.trailers))
        } catch {
            store.discard(content)
            throw error
        }
    }

    /// Makes a content the current object and tells of it.
    func commit(
        _ content: PendingContent, _ fields: FieldList, etag: String, cause: String, key: String? = nil,
        check: @escaping @Sendable (ObjectRecord?, String) throws -> Void
    ) async throws -> (ObjectRecord, BucketRecord) {
        let (call, key) = (Detached(self), key ?? self.key)
        return try await store.write(adopting: content) { transaction in
            let bucket = try call.bucket(transaction)
            try check(try transaction.object(bucket.id, key), key)
            let record = ObjectRecord(
                bucket: bucket.id, key: key, version: 0, versionName: nil, size: content.segments.byteCount,
                etag: etag,
                modified: transaction.now, revision: 0, segments: content.segments,
                fields: call.owned(fields, in: bucket, transaction.now))
            let stored = try transaction.store(record, in: bucket)
            try transaction.emit(call.event(.created, cause, stored))
            return (stored, bucket)
        }
    }

    /// The conditions of a write against what is there.
    static func checkWrite(_ conditions: HTTPConditions, against current: ObjectRecord?, key: String) throws(S3Error) {
        if let tags = conditions.ifNoneMatch, let current, tags.contains(where: { $0 == "*" || $0 == current.etag }) {
            throw .preconditionFailed("If-None-Match")
        }
        if let tags = conditions.ifMatch {
            guard let current else { throw .noSuchKey(key) }
            if !tags.contains(where: { $0 == "*" || $0 == current.etag }) { throw .preconditionFailed("If-Match") }
        }
    }

    /// What of a call a transaction needs; the request itself stays on its event loop.
    struct Detached: Sendable {
        let bucketName: String
        let userID: String
        let requestID: String
        let caller: StoreEvent.Caller
        /// The canned list that an upload brings.
        let canned: String?

        init(_ call: S3Call) {
            bucketName = call.bucketName
            userID = call.userID
            requestID = call.request.id
            caller = StoreEvent.Caller(call.request)
            canned = call.request.header("x-amz-acl")
        }

        func bucket(_ reading: some StoreReading) throws -> BucketRecord {
            guard let bucket = try reading.bucket(bucketName) else { throw S3Error.noSuchBucket(bucketName) }
            return bucket
        }

        /// Who owns what this caller writes.
        func owner(in bucket: BucketRecord) -> String {
            S3Ownership(bucket).owner(writer: userID, bucketOwner: bucket.owner, canned: canned)
        }

        /// The fields of an object that this caller writes.
        func owned(_ fields: FieldList, in bucket: BucketRecord, _ now: Int64) -> FieldList {
            var fields = fields
            fields["owner"] = owner(in: bucket)
            ServerSideEncryption.addDefault(of: bucket, to: &fields)
            ObjectLock.addDefault(of: bucket, to: &fields, now: now)
            return fields
        }

        func event(_ kind: StoreEvent.Kind, _ cause: String, _ record: ObjectRecord) -> StoreEvent {
            StoreEvent(
                kind: kind, cause: cause, record, bucket: bucketName, dialect: "s3", requestID: requestID,
                principal: userID, caller: caller)
        }
    }
}
