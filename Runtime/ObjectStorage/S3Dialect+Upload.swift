import Cryptography
import HTTPClient
import XML

extension S3Dialect {
    func put(_ key: String, _ content: StorageRequest.Content, _ options: PutOptions) async throws -> String {
        let call = StorageCall("put", key, isRepeatable: options.condition == nil)
        var request = request(.put, key)
        try describe(&request, options)
        setCondition(&request, options)
        request.body = content
        return try ObjectHeaders.etag(try await send(call, request, statesChecksum: true).headers, call)
    }

    func beginUpload(_ key: String, _ options: PutOptions) async throws -> String {
        let call = StorageCall("begin upload", key)
        var request = request(.post, key, query: [("uploads", "")])
        try describe(&request, options)
        request.set("x-amz-checksum-algorithm", "SHA256")
        guard let upload = try await transport.document(of: send(call, request), call)["UploadId"] else {
            throw ObjectStorageError(
                .invalidResponse, "the answer has no UploadId", operation: "begin upload", key: key)
        }
        return upload
    }

    func uploadPart(_ key: String, upload: String, number: Int, _ bytes: [UInt8]) async throws -> UploadedPart {
        let call = StorageCall("upload part \(number)", key)
        var request = request(.put, key, query: [("partNumber", "\(number)"), ("uploadId", upload)])
        request.body = .bytes(bytes)
        let answer = try await send(call, request, statesChecksum: true)
        return UploadedPart(
            name: try ObjectHeaders.etag(answer.headers, call), checksum: answer.headers["x-amz-checksum-sha256"])
    }

    func completeUpload(
        _ key: String, upload: String, parts: [UploadedPart], digest: [UInt8]?, _ options: PutOptions
    ) async throws -> String {
        let call = StorageCall("complete upload", key, isRepeatable: false)
        var request = request(.post, key, query: [("uploadId", upload)])
        setCondition(&request, options)
        var xml = XMLWriter()
        xml.element("CompleteMultipartUpload", ["xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"]) { xml in
            for (index, part) in parts.enumerated() {
                xml.element("Part") { xml in
                    xml.element("PartNumber", index + 1)
                    xml.element("ETag", ObjectHeaders.quoted(part.name))
                    if let checksum = part.checksum { xml.element("ChecksumSHA256", checksum) }
                }
            }
        }
        request.set("content-type", "application/xml")
        request.body = .bytes(xml.bytes)
        guard let etag = try await result(of: send(call, request), call)["ETag"] else {
            throw ObjectStorageError(.invalidResponse, "the answer has no ETag", operation: call.operation, key: key)
        }
        return ObjectHeaders.unquoted(etag)
    }

    /// The store makes one of the parts' checksums.
    func wholeHash() -> (any HashFunction)? { nil }

    func abortUpload(_ key: String, upload: String) async throws {
        _ = try await send(StorageCall("abort upload", key), request(.delete, key, query: [("uploadId", upload)]))
    }

    private func describe(_ request: inout StorageRequest, _ options: PutOptions) throws(ObjectStorageError) {
        request.set("content-type", options.contentType)
        request.set("cache-control", options.cacheControl)
        request.headers += try MetadataRules.s3.headers(options.metadata)
    }

    private func setCondition(_ request: inout StorageRequest, _ options: PutOptions) {
        switch options.condition {
        case .ifMissing: request.set("if-none-match", "*")
        case .ifMatches(let etag): request.set("if-match", ObjectHeaders.quoted(etag))
        case nil: break
        }
    }
}
