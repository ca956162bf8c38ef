import Cryptography
import NIOCore
import NIOHTTP1
import XML

/// Properties, metadata, tier and tags of a blob that is there.
extension AzureCall {
    func setBlobProperties() async throws -> HTTPReply {
        let length = try numberHeader("x-ms-blob-content-length")
        let action = request.header("x-ms-sequence-number-action")?.lowercased()
        let sequence = try numberHeader("x-ms-blob-sequence-number")
        let isResize = length != nil || action != nil
        let setsContent = !isResize || BlobProperties.content.contains { request.headers.contains(name: $0.1) }
        var given = FieldList()
        BlobProperties.setContent(&given, request)
        // It is the client's own: nothing is compared with it.
        if let md5 = given["content-md5"], Base64.decode(md5) == nil { throw AzureError.invalidMD5 }
        if action == nil ? sequence != nil : action == "increment" ? sequence != nil : sequence == nil {
            throw AzureError.invalidHeader("x-ms-blob-sequence-number", sequence.map(String.init) ?? "")
        }
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

    /// In a versioned container, what the metadata were before stays as a version.
    func setBlobMetadata() async throws -> HTTPReply {
        let metadata = try metadata()
        let call = try detached()
        let record = try await store.write { transaction in
            let container = try call.find(transaction)
            var record = try call.current(transaction, in: container)
            try call.encryption.check(changes: record, in: container)
            record.fields.replaceAll("meta:", with: metadata)
            record.modified = transaction.now
            if container.versioning == .enabled {
                try transaction.retain(record.segments)
                return try transaction.store(record, in: container)
            }
            try BlobImmutability(record).allowChange(transaction.now)
            record.revision = transaction.draw()
            try transaction.update(record)
            return record
        }
        return written(record, status: 200)
    }

    func setTier() async throws -> HTTPReply {
        guard let given = request.header("x-ms-access-tier") else { throw AzureError.missingHeader("x-ms-access-tier") }
        guard let text = BlobTier.canonical(given) else { throw AzureError.invalidHeader("x-ms-access-tier", given) }
        let priority = try BlobTier.priority(request)
        let before = try store.read { try find($0).0 }
        let wasArchived = BlobTier(before.fields).isArchived
        _ = try await change(touches: false, leased: false, guarded: false) { record, transaction in
            try BlobTier.set(text, priority: priority, &record, transaction.now)
        }
        return HTTPReply(wasArchived && text != "Archive" ? 202 : 200)
    }

    func getTags() throws -> HTTPReply {
        let record = try store.read { try find($0).0 }
        try BlobConditions(request).check(record, isRead: false)
        try Lease(record.fields).allowRead(leaseID, .blob)
        var xml = XMLWriter()
        AzureTags.write(record.fields.all("tag:"), &xml)
        return HTTPReply(200, ["Content-Type": "application/xml"], body: .bytes(ByteBuffer(bytes: xml.bytes)))
    }

    func setTags() async throws -> HTTPReply {
        let tags = try AzureTags.parse(await document(limit: 64 << 10))
        _ = try await change(touches: false, guarded: false) { record, _ in
            record.fields.replaceAll("tag:", with: tags)
        }
        return HTTPReply(204)
    }
}
