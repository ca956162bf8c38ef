package import FoundationEssentials
package import HTTPClient

/// One bucket or container, the same for S3 and Azure.
///
///     let storage = ObjectStorage(.s3(configuration), client: client)
///     try await storage.put("results/1.png", .bytes(image), PutOptions(contentType: "image/png"))
///     let url = try storage.presignGet("results/1.png", expiry: .seconds(600)).url
///
/// Calls that change nothing the second time are tried again, with a growing pause, when the service is busy or the
/// connection breaks. All throw ``ObjectStorageError``, or `CancellationError`.
package struct ObjectStorage: Sendable {
    private let dialect: any StorageDialect
    private let partSize: Int
    private let partsThreshold: Int

    /// - Parameters:
    ///   - partSize: bytes of a part; at least 5 MiB for S3 itself.
    ///   - partsThreshold: what is longer, in bytes, is sent in parts; a stream is as soon as it is longer than one.
    package init(
        _ configuration: ObjectStorageConfiguration, client: HTTPClient, partSize: Int = 8 << 20,
        partsThreshold: Int = 64 << 20
    ) {
        switch configuration {
        case .s3(let configuration): dialect = S3Dialect(configuration, client: client)
        case .azure(let configuration): dialect = AzureDialect(configuration, client: client)
        }
        self.partSize = partSize
        self.partsThreshold = partsThreshold
    }

    /// Stores an object, over one of the same key unless a condition says otherwise.
    ///
    /// What is long is sent in parts; the object appears when the last has arrived, or not at all.
    /// - Returns: its entity tag, without quotation marks.
    @discardableResult
    package func put(
        _ key: String, _ body: ObjectBody, _ options: PutOptions = PutOptions()
    ) async throws -> String {
        try check(key, "put")
        switch body.source {
        case .bytes(let bytes) where bytes.count <= partsThreshold:
            return try await dialect.put(key, .bytes(bytes), options)
        case .bytes(let bytes): return try await putInParts(key, options, partSize) { try await $0(bytes) }
        case .file(let path):
            let call = StorageCall("put", key)
            let size = try StorageRequest.Content.file(path: path).length(call) ?? 0
            if size <= partsThreshold { return try await dialect.put(key, .file(path: path), options) }
            // There may be 10,000 of them.
            let partSize = max(partSize, (size + 9_999) / 10_000)
            return try await putInParts(key, options, partSize) { receive in
                for try await piece in FileContent(path: path, pieceSize: partSize, call: call) {
                    try await receive(piece)
                }
            }
        case .stream(let send): return try await putInParts(key, options, partSize, send)
        }
    }

    private func putInParts(
        _ key: String, _ options: PutOptions, _ partSize: Int, _ send: (ObjectBody.Receiver) async throws -> Void
    ) async throws -> String {
        let upload = StreamUpload(key, options, dialect: dialect, partSize: partSize)
        do {
            try await send { try await upload.add($0) }
            return try await upload.finish()
        } catch {
            await upload.abort()
            throw error
        }
    }

    /// Opens an object, or `range` of its bytes.
    package func get(_ key: String, range: Range<Int>? = nil) async throws -> ObjectDownload {
        try check(key, "get")
        if let range, range.isEmpty || range.lowerBound < 0 {
            throw ObjectStorageError(.rangeNotSatisfiable, "the range \(range) is empty", operation: "get", key: key)
        }
        return try await dialect.get(key, range: range)
    }

    /// What the store knows about an object.
    package func head(_ key: String) async throws -> ObjectInfo {
        try check(key, "head")
        return try await dialect.head(key)
    }

    /// Deletes an object; one that is not there is no error.
    package func delete(_ key: String) async throws {
        try check(key, "delete")
        try await dialect.delete(key)
    }

    /// Lists the objects whose keys begin with `prefix`.
    /// - Parameters:
    ///   - delimiter: `/` to list one level as if it were a folder.
    ///   - pageSize: at most 1,000.
    package func list(prefix: String = "", delimiter: String? = nil, pageSize: Int = 1000) -> ObjectPages {
        ObjectPages { [dialect] continuation in
            try await dialect.list(
                prefix: prefix, delimiter: delimiter, continuation: continuation, limit: pageSize)
        }
    }

    /// Copies an object inside the store, with its content type and metadata.
    package func copy(_ source: String, to key: String) async throws {
        try check(source, "copy")
        try check(key, "copy")
        try await dialect.copy(source, to: key)
    }

    /// Makes the bucket or container unless it is there.
    package func createContainerIfMissing() async throws { try await dialect.createContainer() }

    /// A URL that gives the object to whoever holds it.
    /// - Parameters:
    ///   - expiry: one second to seven days.
    ///   - date: when the time begins.
    package func presignGet(
        _ key: String, _ download: PresignedDownload = PresignedDownload(), expiry: Duration, at date: Date = Date()
    ) throws -> PresignedRequest {
        try check(key, "presign")
        try check(expiry, key)
        return try dialect.presignGet(key, download, expiry: expiry, at: date)
    }

    /// A URL under which whoever holds it may store this one object.
    /// - Parameters:
    ///   - expiry: one second to seven days.
    ///   - date: when the time begins.
    package func presignPut(
        _ key: String, _ upload: PresignedUpload = PresignedUpload(), expiry: Duration, at date: Date = Date()
    ) throws -> PresignedRequest {
        try check(key, "presign")
        try check(expiry, key)
        return try dialect.presignPut(key, upload, expiry: expiry, at: date)
    }

    private func check(_ key: String, _ operation: String) throws(ObjectStorageError) {
        guard (1...1024).contains(key.utf8.count), !key.contains("\0") else {
            throw ObjectStorageError(.invalidRequest, "a key has 1 to 1,024 bytes", operation: operation, key: key)
        }
    }

    private func check(_ expiry: Duration, _ key: String) throws(ObjectStorageError) {
        guard expiry >= .seconds(1), expiry <= .seconds(7 * 86_400) else {
            throw ObjectStorageError(
                .invalidRequest, "a signed URL holds for 1 second to 7 days, not \(expiry)", operation: "presign",
                key: key)
        }
    }
}
