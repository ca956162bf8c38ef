import Cryptography
import NIOCore
import NIOHTTP1
import XML

/// One authorized request on its way to its operation.
struct AzureCall {
    let request: HTTPRequest
    let address: AzureAddress
    /// Which account's containers are meant; empty for the default account, which shares them with the S3 dialect.
    let namespace: String
    let grant: AzureGrant
    let store: ObjectStore
    let options: AzureOptions
    let outside: OutsideSource

    var blob: String { address.blob }

    func container(_ reading: some StoreReading) throws -> BucketRecord {
        guard let container = try reading.bucket(address.container, account: namespace) else {
            throw AzureError.containerNotFound
        }
        return container
    }

    /// The blob a read is about: the current one, a snapshot or a version.
    func find(_ reading: some StoreReading) throws -> (ObjectRecord, BucketRecord) {
        let container = try container(reading)
        let record =
            if let snapshot = request.parameter("snapshot") {
                try reading.snapshot(container.id, blob, named: snapshot)
            } else if let version = request.parameter("versionid") {
                try reading.version(container.id, blob, named: version)
            } else {
                try reading.object(container.id, blob)
            }
        guard let record else { throw AzureError.blobNotFound }
        return (record, container)
    }

    /// A numeric parameter; nil without one.
    func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = request.parameter(name), !text.isEmpty else { return nil }
        guard let number = Int(text) else { throw AzureError.invalidQuery(name, text) }
        guard range.contains(number) else {
            throw AzureError.outOfRangeQuery(name, text, range.lowerBound, range.upperBound)
        }
        return number
    }

    /// A numeric header; nil without one.
    func numberHeader(_ name: String) throws -> Int64? {
        guard let text = request.header(name) else { return nil }
        guard let number = Int64(text), number >= 0 else { throw AzureError.invalidHeader(name, text) }
        return number
    }

    // MARK: Bodies

    /// Takes the body as one content, checked against the hashes the client stated.
    func receive(limit: Int64) async throws -> PendingContent {
        guard request.headers.contains(name: "content-length") || request.headers.contains(name: "transfer-encoding")
        else { throw AzureError(411, "MissingContentLengthHeader", "The Content-Length header was not specified.") }
        if let length = try numberHeader("content-length"), length > limit { throw AzureError.tooLarge }
        let md5 = try request.header("content-md5").map { text throws in
            guard let digest = Base64.decode(text), digest.count == 16 else { throw AzureError.invalidMD5 }
            return digest
        }
        let crc = try request.header("x-ms-content-crc64").map { text throws in
            guard let digest = Base64.decode(text), digest.count == 8 else {
                throw AzureError.invalidHeader("x-ms-content-crc64", text)
            }
            return digest
        }
        var checksum = crc.map { _ in CRC(.crc64nvme) }
        var writer = store.contentWriter()
        while let bytes = try await request.body.next() {
            if checksum != nil { bytes.withUnsafeReadableBytes { checksum?.update($0) } }
            try writer.write(bytes)
            if writer.size > limit { throw AzureError.tooLarge }
        }
        let content = try await writer.finish()
        if let md5, md5 != content.md5 {
            store.discard(content)
            throw AzureError.md5Mismatch
        }
        if let crc, let checksum, crc != checksum.littleEndianBytes {
            store.discard(content)
            throw AzureError(
                400, "Crc64Mismatch",
                "The CRC64 value specified in the request did not match with the CRC64 value calculated by the "
                    + "server.")
        }
        return content
    }

    func document(limit: Int = 8 << 20) async throws -> XMLElement {
        var all = ByteBuffer()
        while var bytes = try await request.body.next() {
            guard all.readableBytes + bytes.readableBytes <= limit else { throw AzureError.tooLarge }
            all.writeBuffer(&bytes)
        }
        if let text = request.header("content-md5"), Base64.decode(text) != MD5.hash(all.readableBytesView) {
            throw AzureError.md5Mismatch
        }
        do { return try XMLElement(parsing: all.readableBytesView, limits: XMLLimits(bytes: limit, depth: 20)) } catch {
            throw AzureError.invalidXML
        }
    }

    // MARK: Transactions

    /// What of a call a transaction needs; the request itself stays on its event loop.
    struct Detached: Sendable {
        let container: String
        let namespace: String
        let blob: String
        let principal: String
        let requestID: String
        let leaseID: String?
        let conditions: BlobConditions

        func find(_ transaction: Transaction) throws -> BucketRecord {
            guard let bucket = try transaction.bucket(container, account: namespace) else {
                throw AzureError.containerNotFound
            }
            return bucket
        }

        func event(_ kind: StoreEvent.Kind, _ cause: String, _ record: ObjectRecord) -> StoreEvent {
            StoreEvent(
                kind: kind, cause: cause, record, bucket: container, dialect: "azure", requestID: requestID,
                principal: principal)
        }
    }

    func detached() throws -> Detached {
        Detached(
            container: address.container, namespace: namespace, blob: blob, principal: grant.principal,
            requestID: request.id, leaseID: request.header("x-ms-lease-id")?.lowercased(),
            conditions: try BlobConditions(request))
    }

    /// Changes the current blob: conditions and lease are checked, the new record stands where the old one stood.
    ///
    /// - Parameter touches: whether ETag and Last-Modified change.
    func change(
        touches: Bool = true, _ body: @escaping @Sendable (inout ObjectRecord, Transaction) throws -> Void
    ) async throws -> ObjectRecord {
        let call = try detached()
        return try await store.write { transaction in
            let container = try call.find(transaction)
            guard var record = try transaction.object(container.id, call.blob) else { throw AzureError.blobNotFound }
            try call.conditions.check(record, isRead: false)
            try Lease(record.fields).allowWrite(call.leaseID, .blob)
            try body(&record, transaction)
            if touches {
                record.revision = transaction.draw()
                record.modified = transaction.now
            }
            try transaction.update(record)
            return record
        }
    }

    /// Puts a new blob in the place of whatever is there.
    func put(
        _ call: Detached, _ record: ObjectRecord, in container: BucketRecord, cause: String, _ transaction: Transaction
    ) throws -> ObjectRecord {
        var record = record
        let current = try transaction.object(container.id, call.blob)
        try call.conditions.checkWrite(current)
        let lease = Lease(current?.fields ?? FieldList())
        try lease.allowWrite(call.leaseID, .blob)
        record.fields.replaceAll("lease-", with: current?.fields.all("lease-") ?? [])
        record.fields["created"] = current?.fields["created"] ?? String(transaction.now)
        try transaction.removeBlocks(container.id, call.blob, keeping: [])
        let stored = try transaction.store(record, in: container)
        try transaction.emit(call.event(.created, cause, stored))
        return stored
    }

    // MARK: Answers

    /// The headers most writes answer with.
    func written(_ record: ObjectRecord, status: Int = 201) -> HTTPReply {
        var headers: HTTPHeaders = [
            "ETag": "\"\(record.azureETag)\"", "Last-Modified": HTTPDate.rfc1123(record.modified),
            "x-ms-request-server-encrypted": "true",
        ]
        if let version = record.versionName { headers.add(name: "x-ms-version-id", value: version) }
        return HTTPReply(status, headers)
    }
}

extension CRC {
    /// As Azure writes it.
    var littleEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) } }
}

extension ObjectRecord {
    /// Without quotes.
    var azureETag: String { "0x8D" + String(revision, radix: 16, uppercase: true) }
    var blobType: String { fields["blob-type"] ?? "BlockBlob" }
}

extension BucketRecord {
    /// Without quotes.
    var azureETag: String { "0x8D" + String(revision, radix: 16, uppercase: true) }
}
