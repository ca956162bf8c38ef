import Cryptography

/// Stores chunks as they come: as one object when they fit into one part, in parts when not.
actor StreamUpload {
    private let key: String
    private let options: PutOptions
    private let dialect: any StorageDialect
    private let partSize: Int
    private var buffer: [UInt8] = []
    private var upload: String?
    private var parts: [UploadedPart] = []
    private var hash: (any HashFunction)?

    init(_ key: String, _ options: PutOptions, dialect: any StorageDialect, partSize: Int) {
        self.key = key
        self.options = options
        self.dialect = dialect
        self.partSize = partSize
        hash = dialect.wholeHash()
    }

    /// Takes a chunk, and returns when there is room for another.
    func add(_ chunk: [UInt8]) async throws {
        buffer += chunk
        hash?.update(chunk)
        // The last part may be shorter than the others but not missing: keep one byte back.
        while buffer.count > partSize {
            let part = Array(buffer.prefix(partSize))
            buffer.removeFirst(partSize)
            try await send(part)
        }
    }

    /// - Returns: the entity tag.
    func finish() async throws -> String {
        guard let upload else { return try await dialect.put(key, .bytes(buffer), options) }
        try await send(buffer)
        return try await dialect.completeUpload(key, upload: upload, parts: parts, digest: hash?.finalize(), options)
    }

    /// Frees what was stored so far. Called when something else has failed already: a failure here would hide that one,
    /// and stores free abandoned parts by themselves in time.
    func abort() async {
        guard let upload else { return }
        try? await dialect.abortUpload(key, upload: upload)
    }

    private func send(_ part: [UInt8]) async throws {
        let upload: String
        if let begun = self.upload {
            upload = begun
        } else {
            upload = try await dialect.beginUpload(key, options)
            self.upload = upload
        }
        parts.append(try await dialect.uploadPart(key, upload: upload, number: parts.count + 1, part))
    }
}
