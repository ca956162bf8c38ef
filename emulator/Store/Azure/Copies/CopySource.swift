import Cryptography
import NIOCore
import NIOHTTP1

/// A blob of this store that a copy reads from.
struct CopySource: Sendable {
    let container: String
    let namespace: String
    let blob: String
    let edition: BlobEdition
    let conditions: BlobConditions
    let leaseID: String?
    /// Opens the source where it is encrypted with a client's key.
    let key: CustomerKey?
    /// As the client wrote it, without its signature.
    let shown: String

    /// - Throws: `CannotVerifyCopySource` where there is no such blob, and what its conditions say.
    func find(_ reading: some StoreReading) throws -> ObjectRecord {
        guard let bucket = try reading.bucket(container, account: namespace),
            let record = try edition.find(reading, bucket.id, blob)
        else { throw AzureError(404, "CannotVerifyCopySource", "The specified blob does not exist.") }
        try conditions.check(record, isRead: false)
        try Lease(record.fields).allowRead(leaseID, .blob)
        try BlobEncryption.check(key, against: record.fields[CustomerKey.field])
        return record
    }
}

extension AzureCall {
    /// What `x-ms-copy-source` names in this store; whoever asks must be allowed to read it.
    func source() throws -> CopySource {
        let text = request.header("x-ms-copy-source") ?? ""
        guard let (inner, origin) = try sourceAddress() else {
            throw AzureError.invalidHeader("x-ms-copy-source", text)
        }
        guard !origin.container.isEmpty, !origin.blob.isEmpty else {
            throw AzureError.invalidHeader("x-ms-copy-source", text)
        }
        let space = origin.account == options.accounts.first?.name ? "" : origin.account
        let isAuthorized = inner.has("sig") || inner.headers.contains(name: "authorization")
        // The account's own key reads all of it; everything else has to be granted to the source's own request.
        if grant.permissions != nil || origin.account != address.account || isAuthorized {
            do {
                try AzureAuthenticator(accounts: options.accounts, store: store)
                    .authorize(inner, origin, namespace: space).require(AzureNeed("o", "r"))
            } catch let error as AzureError {
                let status = [401, 404].contains(error.status) ? error.status : 403
                throw AzureError(status, "CannotVerifyCopySource", error.message)
            }
        }
        return CopySource(
            container: origin.container, namespace: space, blob: origin.blob, edition: try BlobEdition(inner),
            conditions: try BlobConditions(request, prefix: "x-ms-source-"),
            leaseID: request.header("x-ms-source-lease-id").flatMap(Lease.canonicalID),
            key: try CustomerKey(azure: request, prefix: "x-ms-source-"), shown: text)
    }

    /// The address in `x-ms-copy-source` where it is not of this store: another host, and none of the accounts here.
    func outsideAddress() throws -> String? {
        guard let (inner, origin) = try sourceAddress() else {
            return request.header("x-ms-copy-source").flatMap { $0.hasPrefix("http") ? $0 : nil }
        }
        if inner.header("host") == request.header("host") { return nil }
        return options.accounts.contains { $0.name == origin.account } ? nil : request.header("x-ms-copy-source")
    }

    /// The request that would read the source, and what it would be about; nil where it is no address of any account.
    private func sourceAddress() throws -> (HTTPRequest, AzureAddress)? {
        let text = request.header("x-ms-copy-source") ?? ""
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "http:" || parts[0] == "https:" else { return nil }
        var headers: HTTPHeaders = ["host": String(parts[2])]
        if let authorization = request.header("x-ms-copy-source-authorization") {
            headers.add(name: "authorization", value: authorization)
        }
        // The version of the asking request decides how a refusal is worded.
        if let version = request.header("x-ms-version") { headers.add(name: "x-ms-version", value: version) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/" + parts[3], headers: headers)
        let inner = HTTPRequest(head: head, body: HTTPRequestBody(), peer: request.peer, id: request.id)
        return (try? AzureAddress(inner, accounts: options.accounts)).map { (inner, $0) }
    }

    /// Asks an address outside for its content, under the conditions of the request.
    func openOutside(_ address: String) async throws -> OutsideSource.Opened {
        var headers: [(name: String, value: String)] = []
        for name in ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] {
            if let value = request.header("x-ms-source-" + name) { headers.append((name, value)) }
        }
        if let range = request.header("x-ms-source-range") { headers.append(("range", range)) }
        if let value = request.header("x-ms-copy-source-authorization") { headers.append(("authorization", value)) }
        return try await outside.open(address, headers)
    }

    /// The source's content, or a range of it, as a content of its own: for everything that ends in "From URL".
    func receiveFromSource(limit: Int64) async throws -> (ReceivedContent, FieldList) {
        if let length = try numberHeader("content-length"), length > 0 {
            throw AzureError.invalidHeader("Content-Length", String(length))
        }
        let (md5, crc) = (try statedMD5("x-ms-source-content-md5"), try statedCRC("x-ms-source-content-crc64"))
        if md5 != nil && crc != nil { throw AzureError.bothChecksums }
        let range = try sourceRange()
        let received: ReceivedContent
        let fields: FieldList
        if let address = try outsideAddress() {
            let opened = try await openOutside(address)
            fields = opened.fields
            received = try await outside.receive(opened, limit: limit, into: store, key: encryption.key)
        } else {
            (received, fields) = try await receiveFromStore(range, withCRC: md5 == nil)
        }
        try check(received, md5: md5, crc: crc)
        return (received, fields)
    }

    private func sourceRange() throws(AzureError) -> ByteRange? {
        guard let text = request.header("x-ms-source-range") else { return nil }
        guard let range = ByteRange(text) else { throw .invalidHeader("x-ms-source-range", text) }
        return range
    }

    private func receiveFromStore(
        _ range: ByteRange?, withCRC: Bool
    ) async throws -> (ReceivedContent, FieldList) {
        let source = try source()
        let (found, reader) = try store.open { snapshot in
            let record: ObjectRecord
            do { record = try source.find(snapshot) } catch let error as AzureError where error.status == 412 {
                // Azure reads the source as any client would, and tells no more than that it could not.
                throw AzureError(412, "CannotVerifyCopySource", error.message)
            }
            var segments = record.segments
            if let range {
                guard let resolved = range.resolve(record.size) else { throw AzureError.invalidRange }
                segments = segments.slice(resolved)
            }
            return ((record.fields, segments), SealedReader.stored(segments, source.key))
        }
        var writer = SealedWriter(store, encryption.key)
        var checksum = withCRC ? CRC(.crc64nvme) : nil
        try await SealedReader(reader, found.1, source.key).forEachBuffer { piece in
            piece.withUnsafeReadableBytes { checksum?.update($0) }
            try writer.write(piece)
        }
        let (content, md5) = try await writer.finish()
        return (ReceivedContent(content: content, md5: md5, crc64: checksum), found.0)
    }
}
