import Cryptography
import NIOCore
import NIOHTTP1
import XML

/// The committed blocks of a blob, kept with it: `<id>:<size>,…`.
struct CommittedBlocks {
    var blocks: [(name: String, size: Int64)]

    init(_ record: ObjectRecord?) {
        blocks = (record?.fields["blocks"] ?? "").split(separator: ",").compactMap { block in
            let parts = block.split(separator: ":")
            return parts.count == 2 ? Int64(parts[1]).map { (String(parts[0]), $0) } : nil
        }
    }

    init() { blocks = [] }

    var field: String { blocks.map { "\($0.name):\($0.size)" }.joined(separator: ",") }

    /// The bytes of each block by its name.
    var ranges: [String: Range<Int64>] {
        var start: Int64 = 0
        var ranges: [String: Range<Int64>] = [:]
        for block in blocks {
            ranges[block.name] = start..<(start + block.size)
            start += block.size
        }
        return ranges
    }
}

/// What is kept of a block beside its bytes, in place of an entity tag: its MD5 in hexadecimal and, where it is encrypted
/// with a client's key, that key's fingerprint, or, where it is in the name of a scope, that.
struct BlockTag {
    private static let scopeMark = "scope="

    let md5: String
    let fingerprint: String?
    let scope: String?

    fileprivate init(md5: String, fingerprint: String?, scope: String?) {
        (self.md5, self.fingerprint, self.scope) = (md5, fingerprint, scope)
    }

    fileprivate init(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        md5 = parts.first ?? ""
        let second = parts.count > 1 ? parts[1] : nil
        let isScope = second?.hasPrefix(Self.scopeMark) == true
        scope = isScope ? second.map { String($0.dropFirst(Self.scopeMark.count)) } : nil
        fingerprint = isScope ? nil : second
    }

    fileprivate var text: String {
        (fingerprint ?? scope.map { Self.scopeMark + $0 }).map { md5 + " " + $0 } ?? md5
    }
}

extension BlockRecord {
    fileprivate init(name: String, size: Int64, modified: Int64, tag: BlockTag, segments: [Segment]) {
        self.init(name: name, size: size, modified: modified, etag: tag.text, segments: segments)
    }

    fileprivate var tag: BlockTag { BlockTag(etag) }
}

extension AzureCall {
    func putBlock() async throws -> HTTPReply {
        let name = request.parameter("blockid") ?? ""
        guard let bytes = Base64.decode(name), (1...64).contains(bytes.count) else {
            throw AzureError.invalidQuery("blockid", name)
        }
        _ = try store.read { try container($0) }
        let received =
            request.headers.contains(name: "x-ms-copy-source")
            ? try await receivePartFromSource() : try await receive(limit: 4000 << 20, withCRC: true)
        guard received.size > 0 else { throw AzureError.invalidHeader("Content-Length", "0") }
        let call = try detached()
        let fingerprint = encryption.key?.fingerprint()
        try await store.write(adopting: received.content) { transaction in
            let container = try call.find(transaction)
            let block = BlockRecord(
                name: name, size: received.size, modified: transaction.now,
                tag: BlockTag(
                    md5: Hex.encode(received.md5), fingerprint: fingerprint, scope: call.encryption.scope(in: container)
                ),
                segments: received.segments)
            let current = try transaction.object(container.id, call.blob)
            if let current {
                if current.blobType != "BlockBlob" { throw AzureError.invalidBlobType }
                try Lease(current.fields).allowWrite(call.leaseID, .blob)
                try call.copies.allowChange(current)
            }
            if let other = try transaction.anyBlockName(container.id, call.blob), other.utf8.count != name.utf8.count {
                throw AzureError(
                    400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
            }
            try transaction.put(block, container.id, call.blob)
        }
        var reply = HTTPReply(201, ["x-ms-request-server-encrypted": "true"])
        received.show(in: &reply.headers)
        if let digest = encryption.key?.digest { reply.headers.add(name: "x-ms-encryption-key-sha256", value: digest) }
        if let scope = encryption.scope { reply.headers.add(name: "x-ms-encryption-scope", value: scope) }
        addStructuredBody(to: &reply.headers)
        return reply
    }

    func putBlockList() async throws -> HTTPReply {
        let document = try await document()
        guard document.name == "BlockList" else { throw AzureError.invalidXML }
        if document.children.count > 50_000 {
            throw AzureError(400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.")
        }
        let wishes = document.children.map { (kind: $0.name, name: $0.text.trimmingSpaces) }
        guard wishes.allSatisfy({ ["Latest", "Committed", "Uncommitted"].contains($0.kind) }) else {
            throw AzureError.invalidXML
        }
        let fields = try uploadFields("BlockBlob")
        let call = try detached()
        let record = try await store.write { transaction in
            let container = try call.find(transaction)
            let current = try transaction.object(container.id, call.blob)
            if let current, current.blobType != "BlockBlob" { throw AzureError.invalidBlobType }
            var record = ObjectRecord(
                bucket: container.id, key: call.blob, version: 0, versionName: nil, size: 0, etag: "",
                modified: transaction.now, revision: 0, segments: [], fields: fields)
            try Self.assemble(wishes, current, &record, call.encryption, in: container, transaction)
            try call.encryption.mark(&record.fields, in: container)
            return try put(call, record, in: container, cause: "CompleteMultipartUpload", transaction)
        }
        return written(record)
    }

    /// Puts a blob together from blocks; each use of a block's content is one more reference to it.
    private static func assemble(
        _ wishes: [(kind: String, name: String)], _ current: ObjectRecord?, _ record: inout ObjectRecord,
        _ encryption: BlobEncryption, in container: BucketRecord, _ transaction: Transaction
    ) throws {
        let uncommitted = Dictionary(
            try transaction.blocks(record.bucket, record.key).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let committed = CommittedBlocks(current).ranges
        var blocks = CommittedBlocks()
        var md5 = MD5()
        for wish in wishes {
            let segments: [Segment]
            if wish.kind != "Committed", let block = uncommitted[wish.name] {
                segments = block.segments
                try BlobEncryption.check(encryption.key, against: block.tag.fingerprint)
                try encryption.checkScope(block.tag.scope, in: container)
                md5.update(Hex.decode(block.tag.md5) ?? [])
            } else if wish.kind != "Uncommitted", let current, let range = committed[wish.name] {
                segments = current.segments.slice(range)
                try encryption.check(changes: current, in: container)
                md5.update(Array("\(current.etag)\(range.lowerBound)".utf8))
            } else {
                throw AzureError.invalidBlockList
            }
            try transaction.retain(segments)
            record.segments += segments
            blocks.blocks.append((wish.name, segments.byteCount))
        }
        record.size = record.segments.byteCount
        // For readers through S3, whose ETag of a composed object says so.
        record.etag = Hex.encode(md5.finalize()) + "-\(max(1, wishes.count))"
        record.fields["blocks"] = blocks.field
    }

    func getBlockList() throws -> HTTPReply {
        let type = request.parameter("blocklisttype")?.lowercased() ?? "committed"
        guard ["committed", "uncommitted", "all"].contains(type) else {
            throw AzureError.invalidQuery("blocklisttype", type)
        }
        let (record, uncommitted) = try store.read { snapshot in
            let container = try container(snapshot)
            let isCurrent = try edition() == .current
            let record = isCurrent ? try snapshot.object(container.id, blob) : try find(snapshot).0
            return (record, isCurrent ? try snapshot.blocks(container.id, blob) : [])
        }
        if record == nil && uncommitted.isEmpty { throw AzureError.blobNotFound }
        if let record, record.blobType != "BlockBlob" { throw AzureError.invalidBlobType }
        if let record { try BlobConditions(request).check(record, isRead: true) }
        try record.map { try Lease($0.fields).allowRead(leaseID, .blob) }
        func write(_ name: String, _ blocks: [(name: String, size: Int64)], _ xml: inout XMLWriter) {
            xml.element(name) { xml in
                for block in blocks {
                    xml.element("Block") { xml in
                        xml.element("Name", block.name)
                        xml.element("Size", String(block.size))
                    }
                }
            }
        }
        var xml = XMLWriter()
        xml.element("BlockList") { xml in
            if type != "uncommitted" { write("CommittedBlocks", CommittedBlocks(record).blocks, &xml) }
            if type != "committed" { write("UncommittedBlocks", uncommitted.map { ($0.name, $0.size) }, &xml) }
        }
        var reply = Self.document(xml)
        if let record {
            reply.headers.add(name: "ETag", value: "\"\(record.azureETag)\"")
            reply.headers.add(name: "Last-Modified", value: HTTPDate.rfc1123(record.modified))
        }
        reply.headers.add(name: "x-ms-blob-content-length", value: String(record?.size ?? 0))
        return reply
    }
}
