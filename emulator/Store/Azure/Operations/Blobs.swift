import Cryptography
import NIOCore
import NIOHTTP1
import XML

extension AzureCall {
    func putBlob() async throws -> HTTPReply {
        guard let type = request.header("x-ms-blob-type") else { throw AzureError.missingHeader("x-ms-blob-type") }
        switch type {
        case "BlockBlob": break
        case "AppendBlob", "PageBlob": return try await createEmpty(type)
        default: throw AzureError.invalidHeader("x-ms-blob-type", type)
        }
        if request.headers.contains(name: "x-ms-copy-source") { return try await putBlobFromURL() }
        _ = try store.read { try container($0) }
        var fields = try BlobProperties.fields(request, type: type)
        fields.replaceAll("meta:", with: try metadata())
        let content = try await receive(limit: 5000 << 20)
        if let stated = fields["content-md5"], Base64.decode(stated) != content.md5 {
            store.discard(content)
            throw AzureError.md5Mismatch
        }
        fields["content-md5"] = Base64.encode(content.md5)
        let (call, final) = (try detached(), fields)
        let record = try await store.write(adopting: content) { transaction in
            let container = try call.find(transaction)
            let record = ObjectRecord(
                bucket: container.id, key: call.blob, version: 0, versionName: nil, size: content.size,
                etag: Hex.encode(content.md5), modified: transaction.now, revision: 0, segments: content.segments,
                fields: final)
            return try put(call, record, in: container, cause: "Put", transaction)
        }
        var reply = written(record)
        reply.headers.add(name: "Content-MD5", value: Base64.encode(content.md5))
        return reply
    }

    /// Append and page blobs begin without content.
    private func createEmpty(_ type: String) async throws -> HTTPReply {
        if let length = try numberHeader("content-length"), length > 0 {
            throw AzureError.invalidHeader("Content-Length", String(length))
        }
        var size: Int64 = 0
        var fields = try BlobProperties.fields(request, type: type)
        if type == "PageBlob" {
            guard let length = try numberHeader("x-ms-blob-content-length") else {
                throw AzureError.missingHeader("x-ms-blob-content-length")
            }
            guard length % 512 == 0, length <= 8 << 40 else {
                throw AzureError.invalidHeader("x-ms-blob-content-length", String(length))
            }
            size = length
            fields["sequence-number"] = String(try numberHeader("x-ms-blob-sequence-number") ?? 0)
        }
        fields.replaceAll("meta:", with: try metadata())
        let (call, final, length) = (try detached(), fields, size)
        let record = try await store.write { transaction in
            let container = try call.find(transaction)
            let record = ObjectRecord(
                bucket: container.id, key: call.blob, version: 0, versionName: nil, size: length,
                etag: Hex.encode(MD5.hash([])), modified: transaction.now, revision: 0,
                segments: length == 0 ? [] : [Segment(content: 0, offset: 0, length: length)], fields: final)
            return try put(call, record, in: container, cause: "Put", transaction)
        }
        return written(record)
    }

    func getBlob() throws -> HTTPReply {
        struct Found {
            let record: ObjectRecord
            let range: Range<Int64>?
            let isCurrent: Bool
        }
        let conditions = try BlobConditions(request)
        let leaseID = request.header("x-ms-lease-id")?.lowercased()
        let rangeText = request.header("x-ms-range") ?? request.header("range")
        let (found, reader) = try store.open { snapshot in
            let record = try find(snapshot).0
            try conditions.check(record, isRead: true)
            try Lease(record.fields).allowRead(leaseID, .blob)
            if record.fields["tier"] == "Archive" {
                throw AzureError(409, "BlobArchived", "This operation is not permitted on an archived blob.")
            }
            var range: Range<Int64>?
            if let wanted = rangeText.flatMap(ByteRange.init) {
                range = wanted.resolve(record.size)
                if range == nil {
                    var error = AzureError.invalidRange
                    error.headers.add(name: "Content-Range", value: "bytes */\(record.size)")
                    throw error
                }
            }
            return (
                Found(record: record, range: range, isCurrent: try isCurrentVersion(record, snapshot)),
                range.map { record.segments.slice($0) } ?? record.segments
            )
        }
        let record = found.record
        var headers = HTTPHeaders()
        BlobProperties.add(record, to: &headers)
        if found.isCurrent { headers.add(name: "x-ms-is-current-version", value: "true") }
        addLease(record.fields, to: &headers)
        let wantsMD5 = request.header("x-ms-range-get-content-md5")?.lowercased() == "true"
        if let range = found.range {
            headers.add(
                name: "Content-Range", value: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(record.size)")
            if let md5 = record.fields["content-md5"] { headers.add(name: "x-ms-blob-content-md5", value: md5) }
        } else if let md5 = record.fields["content-md5"] {
            headers.add(name: "Content-MD5", value: md5)
        }
        if wantsMD5, found.range == nil { throw AzureError.invalidHeader("x-ms-range-get-content-md5", "true") }
        addOverrides(to: &headers)
        return HTTPReply(found.range == nil ? 200 : 206, headers, body: .contents(reader))
    }

    /// Whether a record with a version is the one that a read without a version finds.
    private func isCurrentVersion(_ record: ObjectRecord, _ reading: some StoreReading) throws -> Bool {
        guard record.versionName != nil, record.kind == .object else { return false }
        return try reading.object(record.bucket, record.key)?.version == record.version
    }

    /// What the signature says the answer's headers are.
    private func addOverrides(to headers: inout HTTPHeaders) {
        for (name, value) in grant.overrides { headers.replaceOrAdd(name: name, value: value) }
    }

    func getBlobProperties() throws -> HTTPReply {
        let conditions = try BlobConditions(request)
        let (record, isCurrent) = try store.read { snapshot in
            let record = try find(snapshot).0
            return (record, try isCurrentVersion(record, snapshot))
        }
        try conditions.check(record, isRead: true)
        try Lease(record.fields).allowRead(request.header("x-ms-lease-id")?.lowercased(), .blob)
        var headers = HTTPHeaders()
        BlobProperties.add(record, to: &headers)
        if isCurrent { headers.add(name: "x-ms-is-current-version", value: "true") }
        BlobProperties.addTier(record, to: &headers)
        if let md5 = record.fields["content-md5"] { headers.add(name: "Content-MD5", value: md5) }
        if record.kind == .object { addLease(record.fields, to: &headers) }
        addOverrides(to: &headers)
        if request.method == "HEAD" { headers.add(name: "Content-Length", value: String(record.size)) }
        return HTTPReply(200, headers)
    }

    func setBlobProperties() async throws -> HTTPReply {
        let length = try numberHeader("x-ms-blob-content-length")
        let action = request.header("x-ms-sequence-number-action")
        let sequence = try numberHeader("x-ms-blob-sequence-number")
        let isResize = length != nil || action != nil
        let setsContent = !isResize || BlobProperties.content.contains { request.headers.contains(name: $0.1) }
        var given = FieldList()
        BlobProperties.setContent(&given, request)
        if let md5 = given["content-md5"], Base64.decode(md5)?.count != 16 { throw AzureError.invalidMD5 }
        let content = given
        let record = try await change { record, transaction in
            if setsContent { for (field, _, _) in BlobProperties.content { record.fields[field] = content[field] } }
            guard isResize else { return }
            guard record.blobType == "PageBlob" else { throw AzureError.invalidBlobType }
            if let length {
                guard length % 512 == 0 else {
                    throw AzureError.invalidHeader("x-ms-blob-content-length", String(length))
                }
                try Self.resize(&record, to: length, transaction)
            }
            let current = record.fields["sequence-number"].flatMap { Int64($0) } ?? 0
            switch action {
            case "max": record.fields["sequence-number"] = String(max(current, sequence ?? 0))
            case "update": record.fields["sequence-number"] = String(sequence ?? 0)
            case "increment": record.fields["sequence-number"] = String(current + 1)
            case nil: break
            default: throw AzureError.invalidHeader("x-ms-sequence-number-action", action ?? "")
            }
        }
        var reply = written(record, status: 200)
        if record.blobType == "PageBlob" {
            reply.headers.add(name: "x-ms-blob-sequence-number", value: record.fields["sequence-number"] ?? "0")
        }
        return reply
    }

    func setBlobMetadata() async throws -> HTTPReply {
        let metadata = try metadata()
        return written(try await change { record, _ in record.fields.replaceAll("meta:", with: metadata) }, status: 200)
    }

    func setTier() async throws -> HTTPReply {
        guard let tier = request.header("x-ms-access-tier") else { throw AzureError.missingHeader("x-ms-access-tier") }
        guard BlobProperties.tiers.contains(tier) else { throw AzureError.invalidHeader("x-ms-access-tier", tier) }
        let before = try store.read { try find($0).0 }
        _ = try await change(touches: false) { record, _ in
            record.fields["tier"] = tier
            record.fields["tier-time"] = String(Clock.milliseconds())
        }
        return HTTPReply(before.fields["tier"] == "Archive" && tier != "Archive" ? 202 : 200)
    }

    func getTags() throws -> HTTPReply {
        let record = try store.read { try find($0).0 }
        var xml = XMLWriter()
        AzureTags.write(record.fields.all("tag:"), &xml)
        return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(ByteBuffer(bytes: xml.bytes)))
    }

    func setTags() async throws -> HTTPReply {
        let tags = try AzureTags.parse(await document(limit: 64 << 10))
        _ = try await change(touches: false) { record, _ in record.fields.replaceAll("tag:", with: tags) }
        return HTTPReply(204)
    }

    func snapshotBlob() async throws -> HTTPReply {
        let metadata = try metadata()
        let call = try detached()
        let (snapshot, current) = try await store.write { transaction in
            let container = try call.find(transaction)
            guard let current = try transaction.object(container.id, call.blob) else { throw AzureError.blobNotFound }
            try call.conditions.check(current, isRead: false)
            try Lease(current.fields).allowRead(call.leaseID, .blob)
            var snapshot = current
            snapshot.kind = .snapshot
            snapshot.version = transaction.draw()
            // Two snapshots in one millisecond differ in the digits after it.
            snapshot.versionName = HTTPDate.ticks(transaction.now, fraction: snapshot.version % 10_000)
            snapshot.fields.removeAll("lease-")
            if !metadata.isEmpty { snapshot.fields.replaceAll("meta:", with: metadata) }
            try transaction.retain(snapshot.segments)
            try transaction.insertAside(snapshot)
            return (snapshot, current)
        }
        var reply = written(current)
        reply.headers.add(name: "x-ms-snapshot", value: snapshot.versionName ?? "")
        return reply
    }

    func deleteBlob() async throws -> HTTPReply {
        let option = request.header("x-ms-delete-snapshots")?.lowercased()
        if let option, option != "include", option != "only" {
            throw AzureError.invalidHeader("x-ms-delete-snapshots", option)
        }
        let (snapshotName, versionName) = (request.parameter("snapshot"), request.parameter("versionid"))
        let (call, account) = (try detached(), address.account)
        let isKept = try await store.write { transaction in
            let container = try call.find(transaction)
            if let snapshotName {
                guard let snapshot = try transaction.snapshot(container.id, call.blob, named: snapshotName) else {
                    throw AzureError.blobNotFound
                }
                if option != nil { throw AzureError.invalidHeader("x-ms-delete-snapshots", option ?? "") }
                try transaction.removeAside(snapshot)
                return false
            }
            if let versionName {
                guard let removed = try transaction.delete(container, call.blob, versionNamed: versionName) else {
                    throw AzureError.blobNotFound
                }
                try transaction.emit(call.event(.deleted, "Delete", removed))
                return false
            }
            guard let record = try transaction.object(container.id, call.blob) else { throw AzureError.blobNotFound }
            try call.conditions.check(record, isRead: false)
            if option != "only" { try Lease(record.fields).allowWrite(call.leaseID, .blob) }
            let snapshots = try transaction.versions(container.id, call.blob).filter { $0.kind == .snapshot }
            if !snapshots.isEmpty && option == nil {
                throw AzureError(
                    409, "SnapshotsPresent", "This operation is not permitted while the blob has snapshots.")
            }
            for snapshot in snapshots { try transaction.removeAside(snapshot) }
            if option == "only" { return false }
            try transaction.removeBlocks(container.id, call.blob)
            let isKept = try SoftDelete(transaction, account: account).days != nil && container.versioning == .off
            if isKept {
                var kept = record
                (kept.kind, kept.fields["deleted-time"]) = (.deleted, String(transaction.now))
                try transaction.retain(kept.segments)
                try transaction.insertAside(kept)
            }
            var removed = try transaction.delete(container, call.blob).removed ?? record
            removed.version = transaction.draw()
            try transaction.emit(call.event(.deleted, "Delete", removed))
            return isKept
        }
        return HTTPReply(202, ["x-ms-delete-type-permanent": isKept ? "false" : "true"])
    }
}
