import Cryptography
import Logging
import NIOCore
import NIOHTTP1

extension AzureCall {
    private static let largestPart: Int64 = 4000 << 20

    func copyBlob() async throws -> HTTPReply {
        let isSynchronous = request.header("x-ms-requires-sync")?.lowercased() == "true"
        if let address = try outsideAddress() {
            return isSynchronous ? try await copyAtOnce(address) : try await copyInBackground(address)
        }
        let source = try source()
        let given = try copyFields()
        let tier = try request.header("x-ms-access-tier").map { text throws in
            guard let tier = BlobTier.canonical(text) else { throw AzureError.invalidHeader("x-ms-access-tier", text) }
            return tier
        }
        let priority = try BlobTier.priority(request)
        let copiesTags = try copiesTags()
        let seals = request.header("x-ms-seal-blob")?.lowercased()
        let copyID = AzureResponder.requestID(request.id)
        let call = try detached()
        let record = try await store.write { transaction in
            let container = try call.find(transaction)
            var record = try source.find(transaction)
            let tags = record.fields.all("tag:")
            (record.bucket, record.key, record.kind, record.modified) = (
                container.id, call.blob, .object, transaction.now
            )
            for prefix in ["lease-", "lock-", "legal-hold", "deleted-"] { record.fields.removeAll(prefix) }
            if !given.all("meta:").isEmpty { record.fields.removeAll("meta:") }
            record.fields.replaceAll("tag:", with: copiesTags ? tags : given.all("tag:"))
            for (name, value) in given.fields where !name.hasPrefix("tag:") { record.fields[name] = value }
            // What is sealed stays so unless the request says another.
            if let seals, record.blobType == "AppendBlob" { record.fields["sealed"] = seals == "true" ? "true" : nil }
            try call.encryption.mark(copy: &record.fields, in: container)
            do throws(AzureError) { try Self.setTier(tier, priority, &record, transaction.now) } catch {
                // To another account it is a source like any other.
                throw source.namespace == call.namespace
                    ? error : AzureError(error.status, "CannotVerifyCopySource", error.message)
            }
            CopyState.begin(
                &record.fields, id: copyID, source: source.shown, size: record.size, isPending: false, transaction.now)
            try transaction.retain(record.segments)
            return try put(call, record, in: container, cause: "Copy", transaction)
        }
        return copyReply(record)
    }

    /// A copy has its source's tier unless one is named; one that leaves the archive has to be fetched from there.
    private static func setTier(
        _ tier: String?, _ priority: String?, _ record: inout ObjectRecord, _ now: Int64
    ) throws(AzureError) {
        let wasArchived = BlobTier(record.fields, now: now).isArchived
        record.fields.removeAll("tier")
        guard let tier else {
            if wasArchived {
                throw AzureError(409, "BlobArchived", "This operation is not permitted on an archived blob.")
            }
            return
        }
        if wasArchived && tier != "Archive" {
            record.fields["tier"] = "Archive"
        }
        try BlobTier.set(tier, priority: priority, &record, now)
    }

    /// What the headers of a copy say of the blob it makes, beyond what that takes from its source.
    private func copyFields() throws -> FieldList {
        var fields = try BlobImmutability.fields(request)
        fields.replaceAll("meta:", with: try metadata())
        if let tags = request.header("x-ms-tags") { fields.replaceAll("tag:", with: try AzureTags.parse(header: tags)) }
        return fields
    }

    /// Whether the copy takes its source's tags; it then brings none of its own.
    private func copiesTags() throws(AzureError) -> Bool {
        guard let text = request.header("x-ms-copy-source-tag-option"), text.lowercased() == "copy" else {
            return false
        }
        if request.headers.contains(name: "x-ms-tags") { throw .invalidHeader("x-ms-copy-source-tag-option", text) }
        return true
    }

    private func copyReply(_ record: ObjectRecord) -> HTTPReply {
        var reply = written(record, status: 202)
        reply.headers.add(name: "x-ms-copy-id", value: record.fields["copy-id"] ?? "")
        reply.headers.add(name: "x-ms-copy-status", value: copies.status(record.fields) ?? "success")
        let isSynchronous = request.header("x-ms-requires-sync")?.lowercased() == "true"
        if isSynchronous, let md5 = record.fields["content-md5"] { reply.headers.add(name: "Content-MD5", value: md5) }
        return reply
    }

    // MARK: From outside

    private func copyAtOnce(_ address: String) async throws -> HTTPReply {
        _ = try store.read { try container($0) }
        let (received, fields) = try await receiveFromSource(limit: CopyState.limit)
        var merged = merge(try uploadFields("BlockBlob"), fields)
        let size = received.size
        CopyState.begin(
            &merged, id: AzureResponder.requestID(request.id), source: address, size: size, isPending: false,
            Clock.milliseconds())
        return copyReply(try await putContent(received, merged, cause: "Copy"))
    }

    /// Answers once the source does; its content follows.
    private func copyInBackground(_ address: String) async throws -> HTTPReply {
        _ = try store.read { try container($0) }
        let opened = try await openOutside(address)
        var fields = merge(try uploadFields("BlockBlob"), opened.fields)
        let copyID = AzureResponder.requestID(request.id)
        CopyState.begin(
            &fields, id: copyID, source: address, size: opened.size ?? 0, isPending: true, Clock.milliseconds())
        let (call, final) = (try detached(), fields)
        let record = try await copies.begin(copyID) {
            try await store.write { transaction in
                let container = try call.find(transaction)
                let record = ObjectRecord(
                    bucket: container.id, key: call.blob, version: 0, versionName: nil, size: 0,
                    etag: Hex.encode(MD5.hash([])), modified: transaction.now, revision: 0, segments: [], fields: final)
                // Nobody is told of it before it is whole.
                return try put(call, record, in: container, cause: nil, transaction)
            }
        } work: { [store, outside] in
            await Self.finishCopy(copyID, opened, call, store, outside)
        }
        return copyReply(record)
    }

    private static func finishCopy(
        _ id: String, _ opened: OutsideSource.Opened, _ call: Detached, _ store: ObjectStore, _ outside: OutsideSource
    ) async {
        do {
            let received = try await outside.receive(opened, limit: CopyState.limit, into: store, key: nil)
            try await store.write(adopting: received.content) { transaction in
                let container = try call.find(transaction)
                guard var record = try CopyState.pending(transaction, container.id, call.blob, id) else {
                    throw CancellationError()
                }
                (record.size, record.segments) = (received.size, received.segments)
                (record.etag, record.fields["content-md5"]) = (Hex.encode(received.md5), Base64.encode(received.md5))
                (record.revision, record.modified) = (transaction.draw(), transaction.now)
                CopyState.end(&record, "success", at: transaction.now)
                try transaction.update(record)
                try transaction.emit(call.event(.created, "Copy", record))
            }
        } catch is CancellationError {
            // Aborted, overwritten or deleted: there is nothing left to finish.
        } catch {
            Logger(label: "object-store.azure").warning("a copy to \(call.container)/\(call.blob) failed: \(error)")
            await fail(id, call, store)
        }
    }

    private static func fail(_ id: String, _ call: Detached, _ store: ObjectStore) async {
        do {
            try await store.write { transaction in
                let container = try call.find(transaction)
                guard var record = try CopyState.pending(transaction, container.id, call.blob, id) else { return }
                CopyState.end(&record, "failed", "500 InternalServerError \"Copy failed.\"", at: transaction.now)
                try transaction.update(record)
            }
        } catch {
            // Its state stays pending on disk; without anybody who works on it, that is told as failed.
            Logger(label: "object-store.azure").warning("the failed copy \(id) could not be marked: \(error)")
        }
    }

    func abortCopy() async throws -> HTTPReply {
        guard request.header("x-ms-copy-action")?.lowercased() == "abort" else {
            throw AzureError.invalidHeader("x-ms-copy-action", request.header("x-ms-copy-action") ?? "")
        }
        let id = request.parameter("copyid") ?? ""
        let call = try detached()
        try await store.write { transaction in
            let container = try call.find(transaction)
            guard var record = try transaction.object(container.id, call.blob) else { throw AzureError.blobNotFound }
            try Lease(record.fields).allowWrite(call.leaseID, .blob)
            guard call.copies.status(record.fields) == "pending" else {
                throw AzureError(409, "NoPendingCopyOperation", "There is currently no pending copy operation.")
            }
            guard record.fields["copy-id"] == id else {
                throw AzureError(409, "CopyIdMismatch", "The specified copy ID did not match the copy ID for the blob.")
            }
            CopyState.end(&record, "aborted", at: transaction.now)
            (record.revision, record.modified) = (transaction.draw(), transaction.now)
            try transaction.update(record)
        }
        copies.abort(id)
        return HTTPReply(204)
    }

    // MARK: From URL

    /// Put Blob From URL: a block blob with the source's content.
    func putBlobFromURL() async throws -> HTTPReply {
        _ = try store.read { try container($0) }
        let given = try uploadFields("BlockBlob")
        let copiesTags = try copiesTags()
        let (received, source) = try await receiveFromSource(limit: CopyState.limit)
        var fields = merge(given, source)
        if copiesTags { fields.replaceAll("tag:", with: source.all("tag:")) }
        if fields.all("meta:").isEmpty, keepsProperties { fields.replaceAll("meta:", with: source.all("meta:")) }
        let record = try await putContent(received, fields, cause: "Copy")
        var reply = written(record)
        received.show(in: &reply.headers)
        return reply
    }

    private var keepsProperties: Bool {
        request.header("x-ms-copy-source-blob-properties")?.lowercased() != "false"
    }

    /// What a request says of a blob, and what its source says where the request is silent.
    private func merge(_ given: FieldList, _ source: FieldList) -> FieldList {
        guard keepsProperties else { return given }
        var fields = given
        for (name, header, _) in BlobProperties.content where !request.headers.contains(name: header) {
            fields[name] = source[name] ?? fields[name]
        }
        return fields
    }

    /// A range of the source, for Put Block, Append Block and Put Page From URL.
    func receivePartFromSource() async throws -> ReceivedContent {
        try await receiveFromSource(limit: Self.largestPart).0
    }

    /// Incremental Copy Blob: what a page blob's snapshot holds, and a snapshot of that at once
    /// (https://learn.microsoft.com/rest/api/storageservices/incremental-copy-blob).
    func copyIncrementally() async throws -> HTTPReply {
        let source = try source()
        guard case .snapshot = source.edition else {
            throw AzureError.invalidHeader("x-ms-copy-source", source.shown)
        }
        let copyID = AzureResponder.requestID(request.id)
        let call = try detached()
        let record = try await store.write { transaction in
            let container = try call.find(transaction)
            var record = try source.find(transaction)
            guard record.blobType == "PageBlob" else { throw AzureError.invalidBlobType }
            if let current = try transaction.object(container.id, call.blob),
                current.fields["incremental-copy"] == nil
            {
                throw AzureError(
                    409, "IncrementalCopyBlobMismatch",
                    "The specified source blob is different than the copy source of the existing incremental copy blob."
                )
            }
            (record.bucket, record.key, record.kind, record.modified) = (
                container.id, call.blob, .object, transaction.now
            )
            for prefix in ["lease-", "tag:", "deleted-"] { record.fields.removeAll(prefix) }
            CopyState.begin(
                &record.fields, id: copyID, source: source.shown, size: record.size, isPending: false, transaction.now)
            record.fields["incremental-copy"] = "true"
            let snapshot = HTTPDate.ticks(transaction.now, fraction: transaction.draw() % 10_000)
            record.fields["copy-destination-snapshot"] = snapshot
            try transaction.retain(record.segments)
            let stored = try put(call, record, in: container, cause: "Copy", transaction)
            var kept = stored
            (kept.kind, kept.version, kept.versionName) = (.snapshot, transaction.draw(), snapshot)
            kept.fields.removeAll("lease-")
            try transaction.retain(kept.segments)
            try transaction.insertAside(kept)
            return stored
        }
        return copyReply(record)
    }
}
