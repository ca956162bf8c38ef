import Cryptography
import NIOHTTP1

extension AzureCall {
    func appendBlock() async throws -> HTTPReply {
        let position = try numberHeader("x-ms-blob-condition-appendpos")
        let limit = try numberHeader("x-ms-blob-condition-maxsize")
        _ = try store.read { try find($0) }
        let content =
            request.headers.contains(name: "x-ms-copy-source")
            ? try await receivePartFromSource() : try await receive(limit: 100 << 20, withCRC: true)
        guard content.size > 0 else { throw AzureError.invalidHeader("Content-Length", "0") }
        let call = try detached()
        let (record, offset) = try await store.write(adopting: content.content) { transaction in
            let container = try call.find(transaction)
            var record = try call.current(transaction, in: container)
            try call.encryption.check(changes: record, in: container)
            guard record.blobType == "AppendBlob" else { throw AzureError.invalidBlobType }
            try BlobImmutability(record).allowChange(transaction.now)
            if record.fields["sealed"] != nil {
                throw AzureError(
                    409, "BlobIsSealed",
                    "The specified blob is sealed and its contents can't be modified unless the blob is "
                        + "re-created after a delete."
                )
            }
            if let position, position != record.size {
                throw AzureError(
                    412, "AppendPositionConditionNotMet", "The append position condition specified was not met.")
            }
            if let limit, record.size + content.size > limit {
                throw AzureError(
                    412, "MaxBlobSizeConditionNotMet", "The max blob size condition specified was not met.")
            }
            let count = (record.fields["append-count"].flatMap { Int64($0) } ?? 0) + 1
            if count > 50_000 {
                throw AzureError(
                    409, "BlockCountExceedsLimit",
                    "The committed block count cannot exceed the maximum limit of 50,000 blocks.")
            }
            let offset = record.size
            record.segments += content.segments
            record.size += content.size
            record.fields["append-count"] = String(count)
            record.etag = Hex.encode(MD5.hash(Array("\(record.etag)\(Hex.encode(content.md5))".utf8))) + "-\(count)"
            record.revision = transaction.draw()
            record.modified = transaction.now
            try transaction.update(record)
            return (record, offset)
        }
        var reply = written(record)
        reply.headers.add(name: "x-ms-blob-append-offset", value: String(offset))
        reply.headers.add(name: "x-ms-blob-committed-block-count", value: record.fields["append-count"] ?? "0")
        content.show(in: &reply.headers)
        return reply
    }

    func sealBlob() async throws -> HTTPReply {
        let position = try numberHeader("x-ms-blob-condition-appendpos")
        let record = try await change { record, _ in
            guard record.blobType == "AppendBlob" else { throw AzureError.invalidBlobType }
            if let position, position != record.size {
                throw AzureError(
                    412, "AppendPositionConditionNotMet", "The append position condition specified was not met.")
            }
            record.fields["sealed"] = "true"
        }
        var reply = written(record, status: 200)
        reply.headers.add(name: "x-ms-blob-sealed", value: "true")
        return reply
    }
}
