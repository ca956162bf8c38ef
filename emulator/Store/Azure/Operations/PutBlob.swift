import Cryptography
import NIOCore
import NIOHTTP1

extension AzureCall {
    private static let largestBlob: Int64 = 5000 << 20
    private static let largestPageBlob: Int64 = 8 << 40

    func putBlob() async throws -> HTTPReply {
        guard let type = request.header("x-ms-blob-type") else { throw AzureError.missingHeader("x-ms-blob-type") }
        switch type {
        case "BlockBlob": break
        case "AppendBlob", "PageBlob": return try await createEmpty(type)
        default: throw AzureError.invalidHeader("x-ms-blob-type", type)
        }
        if request.headers.contains(name: "x-ms-copy-source") { return try await putBlobFromURL() }
        _ = try store.read { try container($0) }
        let fields = try uploadFields(type)
        // The blob's own MD5 goes before the request's.
        let stated = fields["content-md5"] == nil ? nil : try statedMD5("x-ms-blob-content-md5")
        let received = try await receive(limit: Self.largestBlob, comparesMD5: stated == nil)
        try check(received, md5: stated, crc: nil)
        let record = try await putContent(received, fields, cause: "Put")
        var reply = written(record)
        received.show(in: &reply.headers)
        return reply
    }

    /// What the headers of an upload say of the blob it makes.
    func uploadFields(_ type: String) throws -> FieldList {
        var fields = try BlobProperties.fields(request, type: type)
        if request.headers.contains(name: "x-ms-tags"), !grant.has("t") { throw AzureError.permissionMismatch }
        fields.replaceAll("meta:", with: try metadata())
        let kept = try BlobImmutability.fields(request)
        for name in ["lock-mode", "lock-until", "legal-hold"] { fields[name] = kept[name] }
        return fields
    }

    /// Makes a block blob of one content.
    func putContent(
        _ received: ReceivedContent, _ given: FieldList, cause: String
    ) async throws -> ObjectRecord {
        var fields = given
        fields["content-md5"] = Base64.encode(received.md5)
        let (call, final) = (try detached(), fields)
        return try await store.write(adopting: received.content) { transaction in
            let container = try call.find(transaction)
            var record = ObjectRecord(
                bucket: container.id, key: call.blob, version: 0, versionName: nil, size: received.size,
                etag: Hex.encode(received.md5), modified: transaction.now, revision: 0, segments: received.segments,
                fields: final)
            try call.encryption.mark(&record.fields, in: container)
            return try put(call, record, in: container, cause: cause, transaction)
        }
    }

    /// Append and page blobs begin without content.
    private func createEmpty(_ type: String) async throws -> HTTPReply {
        if let length = try numberHeader("content-length"), length > 0 {
            throw AzureError.invalidHeader("Content-Length", String(length))
        }
        var size: Int64 = 0
        var fields = try uploadFields(type)
        if type == "PageBlob" {
            guard let length = try numberHeader("x-ms-blob-content-length") else {
                throw AzureError.missingHeader("x-ms-blob-content-length")
            }
            guard length % 512 == 0, length <= Self.largestPageBlob else {
                throw AzureError.invalidHeader("x-ms-blob-content-length", String(length))
            }
            size = length
            fields["sequence-number"] = String(try numberHeader("x-ms-blob-sequence-number") ?? 0)
        }
        let (call, final, length) = (try detached(), fields, size)
        let record = try await store.write { transaction in
            let container = try call.find(transaction)
            var record = ObjectRecord(
                bucket: container.id, key: call.blob, version: 0, versionName: nil, size: length,
                etag: Hex.encode(MD5.hash([])), modified: transaction.now, revision: 0,
                segments: length == 0 ? [] : [Segment(content: 0, offset: 0, length: length)], fields: final)
            try call.encryption.mark(&record.fields, in: container)
            return try put(call, record, in: container, cause: "Put", transaction)
        }
        return written(record)
    }
}
