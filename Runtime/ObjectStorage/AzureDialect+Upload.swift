import Cryptography
import HTTPClient
import XML

extension AzureDialect {
    func put(_ key: String, _ content: StorageRequest.Content, _ options: PutOptions) async throws -> String {
        let call = StorageCall("put", key, isRepeatable: options.condition == nil)
        var request = request(.put, key)
        request.set("x-ms-blob-type", "BlockBlob")
        try describe(&request, options)
        request.body = content
        return try ObjectHeaders.etag(try await send(call, request).headers, call)
    }

    /// Blocks need no beginning: they wait for their list, and vanish after a week without one.
    func beginUpload(_ key: String, _ options: PutOptions) -> String { Hex.encode(SecureRandom.bytes(8)) }

    func uploadPart(_ key: String, upload: String, number: Int, _ bytes: [UInt8]) async throws -> UploadedPart {
        // All ids of a blob must have the same length.
        let digits = String(number)
        let name = "\(upload)-\(String(repeating: "0", count: 6 - digits.count))\(digits)"
        let block = Base64.encode(Array(name.utf8))
        var request = request(.put, key, query: [("comp", "block"), ("blockid", block)])
        request.body = .bytes(bytes)
        _ = try await send(StorageCall("upload part \(number)", key), request)
        return UploadedPart(name: block)
    }

    func completeUpload(
        _ key: String, upload: String, parts: [UploadedPart], digest: [UInt8]?, _ options: PutOptions
    ) async throws -> String {
        let call = StorageCall("complete upload", key, isRepeatable: options.condition == nil)
        var request = request(.put, key, query: [("comp", "blocklist")])
        try describe(&request, options)
        request.set("x-ms-blob-content-md5", digest.map { Base64.encode($0) })
        var xml = XMLWriter()
        xml.element("BlockList") { xml in
            for part in parts { xml.element("Latest", part.name) }
        }
        request.body = .bytes(xml.bytes)
        return try ObjectHeaders.etag(try await send(call, request).headers, call)
    }

    func wholeHash() -> (any HashFunction)? { MD5() }

    func abortUpload(_ key: String, upload: String) {}

    private func describe(_ request: inout StorageRequest, _ options: PutOptions) throws(ObjectStorageError) {
        request.set("x-ms-blob-content-type", options.contentType)
        request.set("x-ms-blob-cache-control", options.cacheControl)
        request.headers += try MetadataRules.azure.headers(options.metadata)
        switch options.condition {
        case .ifMissing: request.set("if-none-match", "*")
        case .ifMatches(let etag): request.set("if-match", ObjectHeaders.quoted(etag))
        case nil: break
        }
    }
}
