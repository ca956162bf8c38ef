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
    var service = AzureService.blob
    var copies = PendingCopies.none
    var encryption = BlobEncryption.none

    var blob: String { address.blob }

    /// The lease that the request names.
    var leaseID: String? { request.header("x-ms-lease-id").map { Lease.canonicalID($0) ?? $0.lowercased() } }

    func container(_ reading: some StoreReading) throws -> BucketRecord {
        guard let container = try reading.bucket(address.container, account: namespace) else {
            throw AzureError.containerNotFound
        }
        return container
    }

    /// The blob a request is about: the current one, a snapshot or a version.
    func find(_ reading: some StoreReading) throws -> (ObjectRecord, BucketRecord) {
        let container = try container(reading)
        guard let record = try edition().find(reading, container.id, blob) else { throw AzureError.blobNotFound }
        return (record, container)
    }

    /// Which edition of the blob a request names.
    func edition() throws(AzureError) -> BlobEdition { try BlobEdition(request) }

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
        let account: String
        let blob: String
        let edition: BlobEdition
        let principal: String
        let requestID: String
        let caller: StoreEvent.Caller
        let leaseID: String?
        let conditions: BlobConditions
        let encryption: BlobEncryption
        let copies: PendingCopies
        /// Whether what is there may be replaced, and not only something new be made.
        let overwrites: Bool

        func find(_ reading: some StoreReading) throws -> BucketRecord {
            guard let bucket = try reading.bucket(container, account: namespace) else {
                throw AzureError.containerNotFound
            }
            return bucket
        }

        /// The current blob, which these conditions and this lease allow to be changed.
        func current(_ transaction: Transaction, in container: BucketRecord) throws -> ObjectRecord {
            guard let record = try transaction.object(container.id, blob) else { throw AzureError.blobNotFound }
            try conditions.check(record, isRead: false)
            try Lease(record.fields).allowWrite(leaseID, .blob)
            try copies.allowChange(record)
            return record
        }

        func event(_ kind: StoreEvent.Kind, _ cause: String, _ record: ObjectRecord) -> StoreEvent {
            StoreEvent(
                kind: kind, cause: cause, record, bucket: container, dialect: "azure", requestID: requestID,
                principal: principal, caller: caller)
        }
    }

    func detached() throws -> Detached {
        Detached(
            container: address.container, namespace: namespace, account: address.account, blob: blob,
            edition: try edition(), principal: grant.principal, requestID: request.id,
            caller: StoreEvent.Caller(request),
            leaseID: leaseID, conditions: try BlobConditions(request),
            encryption: encryption, copies: copies, overwrites: grant.has("w"))
    }

    /// Changes the blob a request names: conditions and lease are checked, the new record stands where the old one stood.
    ///
    /// - Parameters:
    ///   - touches: whether ETag and Last-Modified change.
    ///   - leased: whether a lease keeps others from it; otherwise a lease that is named must be the right one.
    ///   - guarded: whether retention and legal hold keep everybody from it.
    func change(
        touches: Bool = true, leased: Bool = true, guarded: Bool = true,
        _ body: @escaping @Sendable (inout ObjectRecord, Transaction) throws -> Void
    ) async throws -> ObjectRecord {
        let call = try detached()
        return try await store.write { transaction in
            let container = try call.find(transaction)
            guard var record = try call.edition.find(transaction, container.id, call.blob) else {
                throw AzureError.blobNotFound
            }
            try call.conditions.check(record, isRead: false)
            let lease = Lease(record.fields)
            if leased { try lease.allowWrite(call.leaseID, .blob) } else { try lease.allowRead(call.leaseID, .blob) }
            try call.copies.allowChange(record)
            if guarded { try BlobImmutability(record).allowChange(transaction.now) }
            try body(&record, transaction)
            if touches {
                record.revision = transaction.draw()
                record.modified = transaction.now
            }
            let isCurrent = try transaction.object(container.id, call.blob)?.version == record.version
            try transaction.update(record, isCurrent: isCurrent)
            return record
        }
    }

    /// Puts a new blob in the place of whatever is there.
    ///
    /// - Parameter cause: what consumers of events are told; nil: nothing.
    func put(
        _ call: Detached, _ record: ObjectRecord, in container: BucketRecord, cause: String?, _ transaction: Transaction
    ) throws -> ObjectRecord {
        var record = record
        let current = try transaction.object(container.id, call.blob)
        try call.conditions.checkWrite(current)
        if current != nil && !call.overwrites { throw AzureError.permissionMismatch }
        let lease = Lease(current?.fields ?? FieldList())
        try lease.allowWrite(call.leaseID, .blob)
        if let current { try call.copies.allowChange(current) }
        if let current, container.versioning == .off {
            try BlobImmutability(current).allowChange(transaction.now)
            try SoftDelete(transaction, account: call.account).keepOverwritten(current, transaction)
        }
        // A lease that is over does not outlive a write.
        record.fields.replaceAll("lease-", with: lease.isLocked ? current?.fields.all("lease-") ?? [] : [])
        record.fields["created"] = current?.fields["created"] ?? String(transaction.now)
        try transaction.removeBlocks(container.id, call.blob, keeping: [])
        let stored = try transaction.store(record, in: container)
        try SoftDelete.demoteDeleted(container.id, call.blob, transaction)
        if let cause { try transaction.emit(call.event(.created, cause, stored)) }
        return stored
    }

    // MARK: Answers

    /// The headers most writes answer with.
    func written(_ record: ObjectRecord, status: Int = 201) -> HTTPReply {
        var headers: HTTPHeaders = [
            "ETag": "\"\(record.azureETag)\"", "Last-Modified": HTTPDate.rfc1123(record.modified),
            "x-ms-request-server-encrypted": "true",
        ]
        BlobEncryption.show(record, in: &headers)
        addStructuredBody(to: &headers)
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
