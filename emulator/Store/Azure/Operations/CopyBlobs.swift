import Cryptography
import NIOCore
import NIOHTTP1

extension AzureCall {
    /// A blob of this store that a copy reads from.
    struct Source: Sendable {
        let container: String
        let namespace: String
        let blob: String
        let snapshot: String?
        let version: String?
        let conditions: BlobConditions
        /// As the client wrote it, without its signature.
        let shown: String

        func find(_ reading: some StoreReading) throws -> ObjectRecord {
            let missing = AzureError(404, "CannotVerifyCopySource", "The specified blob does not exist.")
            guard let bucket = try reading.bucket(container, account: namespace),
                let record = try snapshot.map({ try reading.snapshot(bucket.id, blob, named: $0) })
                    ?? version.map({ try reading.version(bucket.id, blob, named: $0) })
                    ?? reading.object(bucket.id, blob)
            else { throw missing }
            try conditions.check(record, isRead: false)
            return record
        }
    }

    /// What `x-ms-copy-source` names; it must be readable by whoever asks.
    func source() throws -> Source {
        let text = request.header("x-ms-copy-source") ?? ""
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "http:" || parts[0] == "https:" else {
            throw AzureError.invalidHeader("x-ms-copy-source", text)
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/" + parts[3], headers: ["host": String(parts[2])])
        let inner = HTTPRequest(head: head, body: HTTPRequestBody(), peer: request.peer, id: request.id)
        let origin = try AzureAddress(inner, accounts: options.accounts)
        let space = origin.account == options.accounts.first?.name ? "" : origin.account
        // The account's own key reads all of it; everything else has to be granted by the source's own signature.
        if grant.permissions != nil || origin.account != address.account || inner.has("sig") {
            do {
                try AzureAuthenticator(accounts: options.accounts, store: store)
                    .authorize(inner, origin, namespace: space).require(AzureNeed("o", "r"))
            } catch let error as AzureError {
                throw AzureError(error.status == 404 ? 404 : 403, "CannotVerifyCopySource", error.message)
            }
        }
        return Source(
            container: origin.container, namespace: space, blob: origin.blob, snapshot: inner.parameter("snapshot"),
            version: inner.parameter("versionid"), conditions: try BlobConditions(request, prefix: "x-ms-source-"),
            shown: text)
    }

    /// The address in `x-ms-copy-source` where it is not of this store: another host, and none of the accounts here.
    private func outsideAddress() throws -> String? {
        let text = request.header("x-ms-copy-source") ?? ""
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "http:" || parts[0] == "https:", parts[2] != request.header("host") ?? ""
        else { return nil }
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/" + parts[3], headers: ["host": String(parts[2])])
        let inner = HTTPRequest(head: head, body: HTTPRequestBody(), peer: request.peer, id: request.id)
        let account = try? AzureAddress(inner, accounts: options.accounts).account
        return options.accounts.contains { $0.name == account } ? nil : text
    }

    private func fetch(_ address: String, limit: Int64) async throws -> OutsideSource.Fetched {
        var headers: [(name: String, value: String)] = []
        for name in ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] {
            if let value = request.header("x-ms-source-" + name) { headers.append((name, value)) }
        }
        if let range = request.header("x-ms-source-range") { headers.append(("range", range)) }
        if let value = request.header("x-ms-copy-source-authorization") { headers.append(("authorization", value)) }
        return try await outside.fetch(address, headers, limit: limit, into: store)
    }

    /// A block blob with the content of an address outside; it is there when the call answers.
    private func copyFromOutside(_ address: String, _ given: FieldList, isCopy: Bool) async throws -> HTTPReply {
        _ = try store.read { try container($0) }
        let fetched = try await fetch(address, limit: 5000 << 20)
        let content = fetched.content
        if let text = request.header("x-ms-source-content-md5"), Base64.decode(text) != content.md5 {
            store.discard(content)
            throw AzureError.md5Mismatch
        }
        var fields = given
        for (name, header, _) in BlobProperties.content where !request.headers.contains(name: header) {
            fields[name] = fetched.fields[name] ?? fields[name]
        }
        fields["content-md5"] = Base64.encode(content.md5)
        let copyID = AzureResponder.requestID(request.id)
        if isCopy {
            fields["copy-id"] = copyID
            fields["copy-status"] = "success"
            fields["copy-source"] = address.split(separator: "?").first.map(String.init) ?? ""
            fields["copy-progress"] = "\(content.size)/\(content.size)"
            fields["copy-completion-time"] = HTTPDate.rfc1123(Clock.milliseconds())
        }
        let (call, final) = (try detached(), fields)
        let record = try await store.write(adopting: content) { transaction in
            let container = try call.find(transaction)
            let record = ObjectRecord(
                bucket: container.id, key: call.blob, version: 0, versionName: nil, size: content.size,
                etag: Hex.encode(content.md5), modified: transaction.now, revision: 0, segments: content.segments,
                fields: final)
            return try put(call, record, in: container, cause: "Copy", transaction)
        }
        var reply = written(record, status: isCopy ? 202 : 201)
        reply.headers.add(name: "Content-MD5", value: Base64.encode(content.md5))
        if isCopy {
            reply.headers.add(name: "x-ms-copy-id", value: copyID)
            reply.headers.add(name: "x-ms-copy-status", value: "success")
        }
        return reply
    }

    func copyBlob() async throws -> HTTPReply {
        if let address = try outsideAddress() {
            var fields = try BlobProperties.fields(request, type: "BlockBlob")
            fields.replaceAll("meta:", with: try metadata())
            return try await copyFromOutside(address, fields, isCopy: true)
        }
        let source = try source()
        let isSynchronous = request.header("x-ms-requires-sync")?.lowercased() == "true"
        let metadata = try metadata()
        let tags = try request.header("x-ms-tags").map { try AzureTags.parse(header: $0) }
        let tier = request.header("x-ms-access-tier")
        let copyID = AzureResponder.requestID(request.id)
        let call = try detached()
        let record = try await store.write { transaction in
            let container = try call.find(transaction)
            var record = try source.find(transaction)
            (record.bucket, record.key, record.kind, record.modified) = (
                container.id, call.blob, .object, transaction.now
            )
            for prefix in ["lease-", "copy-", "tag:"] { record.fields.removeAll(prefix) }
            if !metadata.isEmpty { record.fields.replaceAll("meta:", with: metadata) }
            if let tags { record.fields.replaceAll("tag:", with: tags) }
            if let tier { record.fields["tier"] = tier }
            record.fields["copy-id"] = copyID
            record.fields["copy-status"] = "success"
            record.fields["copy-source"] = source.shown.split(separator: "?").first.map(String.init) ?? ""
            record.fields["copy-progress"] = "\(record.size)/\(record.size)"
            record.fields["copy-completion-time"] = HTTPDate.rfc1123(transaction.now)
            try transaction.retain(record.segments)
            return try put(call, record, in: container, cause: "Copy", transaction)
        }
        var reply = written(record, status: 202)
        reply.headers.add(name: "x-ms-copy-id", value: copyID)
        reply.headers.add(name: "x-ms-copy-status", value: "success")
        if isSynchronous, let md5 = record.fields["content-md5"] { reply.headers.add(name: "Content-MD5", value: md5) }
        return reply
    }

    /// Put Blob From URL: a block blob with the source's content.
    func putBlobFromURL() async throws -> HTTPReply {
        if let address = try outsideAddress() {
            var fields = try BlobProperties.fields(request, type: "BlockBlob")
            fields.replaceAll("meta:", with: try metadata())
            return try await copyFromOutside(address, fields, isCopy: false)
        }
        let source = try source()
        let keepsProperties = request.header("x-ms-copy-source-blob-properties")?.lowercased() != "false"
        var given = try BlobProperties.fields(request, type: "BlockBlob")
        given.replaceAll("meta:", with: try metadata())
        let (fields, call) = (given, try detached())
        let names = BlobProperties.content.filter { request.headers.contains(name: $0.1) }.map(\.0)
        let record = try await store.write { transaction in
            let container = try call.find(transaction)
            var record = try source.find(transaction)
            var merged = fields
            if keepsProperties {
                for (name, _, _) in BlobProperties.content where !names.contains(name) {
                    merged[name] = record.fields[name]
                }
            }
            merged["content-md5"] = record.fields["content-md5"]
            (record.bucket, record.key, record.kind, record.modified) = (
                container.id, call.blob, .object, transaction.now
            )
            record.fields = merged
            try transaction.retain(record.segments)
            return try put(call, record, in: container, cause: "Copy", transaction)
        }
        var reply = written(record)
        if let md5 = record.fields["content-md5"] { reply.headers.add(name: "Content-MD5", value: md5) }
        return reply
    }

    /// A range of the source as a content of its own: for Put Block, Append Block and Put Page From URL.
    func receiveFromSource() async throws -> PendingContent {
        let content: PendingContent
        if let address = try outsideAddress() {
            content = try await fetch(address, limit: 4000 << 20).content
        } else {
            content = try await receiveFromStore()
        }
        if let text = request.header("x-ms-source-content-md5"), Base64.decode(text) != content.md5 {
            store.discard(content)
            throw AzureError.md5Mismatch
        }
        return content
    }

    private func receiveFromStore() async throws -> PendingContent {
        let source = try source()
        let range = request.header("x-ms-source-range").flatMap(ByteRange.init)
        let (_, reader) = try store.open { snapshot in
            let record = try source.find(snapshot)
            guard let range else { return (record, record.segments) }
            guard let resolved = range.resolve(record.size) else { throw AzureError.invalidRange }
            return (record, record.segments.slice(resolved))
        }
        var writer = store.contentWriter()
        while let piece = try await reader.nextBuffer() { try writer.write(piece) }
        return try await writer.finish()
    }
}
