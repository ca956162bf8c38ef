import Cryptography
import FoundationEssentials
import HTTPClient
import XML

/// The S3 protocol (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html).
struct S3Dialect: StorageDialect {
    let configuration: S3Configuration
    let transport: StorageTransport
    let signer: S3Signer

    init(_ configuration: S3Configuration, client: HTTPClient) {
        self.configuration = configuration
        transport = StorageTransport(client: client)
        signer = S3Signer(
            accessKeyID: configuration.accessKeyID, secretAccessKey: configuration.secretAccessKey,
            region: configuration.region)
    }

    /// A request for the bucket, or for an object in it.
    func request(
        _ method: HTTPMethod, _ key: String? = nil, query: [(String, String)] = [], at endpoint: StorageEndpoint? = nil
    ) -> StorageRequest {
        let endpoint = endpoint ?? configuration.endpoint
        let object = key.map { "/\($0)" } ?? ""
        if configuration.usesPathStyle {
            return StorageRequest(method, endpoint, path: "/\(configuration.bucket)\(object)", query: query)
        }
        let path = object.isEmpty ? "/" : object
        return StorageRequest(method, endpoint.prefixed(by: configuration.bucket), path: path, query: query)
    }

    /// - Parameter statesChecksum: whether the store is to keep the body's checksum and tell it to readers; the signature
    ///   covers the same hash.
    func send(
        _ call: StorageCall, _ request: StorageRequest, statesChecksum: Bool = false
    ) async throws -> HTTPClient.Response {
        if case .file(let path) = request.body, statesChecksum, configuration.signsFilesInChunks {
            return try await send(call, request, fileInChunks: path)
        }
        let digest =
            switch request.body {
            case .none, .chunks: SHA256.hash([])
            case .bytes(let bytes): SHA256.hash(bytes)
            case .file(let path): try await FileDigest.compute(SHA256(), path, call)
            }
        var request = request
        if statesChecksum {
            request.set("x-amz-sdk-checksum-algorithm", "SHA256")
            request.set("x-amz-checksum-sha256", Base64.encode(digest))
        }
        return try await transport.send(call) { [request] date in
            var signed = request
            signer.sign(&signed, payloadHash: Hex.encode(digest), at: date)
            return signed
        }
    }

    private func send(
        _ call: StorageCall, _ request: StorageRequest, fileInChunks path: String
    ) async throws -> HTTPClient.Response {
        let size = try request.body.length(call) ?? 0
        let file = FileContent(path: path, pieceSize: S3ChunkedFile.chunkSize, call: call)
        var request = request
        request.set("content-encoding", "aws-chunked")
        request.set("x-amz-decoded-content-length", "\(size)")
        request.set("x-amz-sdk-checksum-algorithm", "SHA256")
        request.set("x-amz-trailer", S3ChunkedFile.trailer)
        return try await transport.send(call) { [request] date in
            var signed = request
            let seed = signer.sign(&signed, payloadHash: S3ChunkSigner.payload, at: date)
            signed.body = .chunks(
                S3ChunkedFile(file: file, size: size, signer: signer.chunkSigner(seed: seed, at: date)))
            return signed
        }
    }

    func get(_ key: String, range: Range<Int>?) async throws -> ObjectDownload {
        let call = StorageCall("get", key)
        var request = request(.get, key)
        request.set("range", range.map(ObjectHeaders.range))
        // Of a range S3 tells no checksum.
        if range == nil { request.set("x-amz-checksum-mode", "ENABLED") }
        let response = try await send(call, request)
        let headers = ObjectHeaders(headers: response.headers, metadataPrefix: MetadataRules.s3.prefix)
        let info = try headers.info(key, call)
        let verification = range == nil ? try await verification(key, response.headers) : nil
        return ObjectDownload(info: info, body: ObjectContent(body: response.body, verification: verification))
    }

    func head(_ key: String) async throws -> ObjectInfo {
        let call = StorageCall("head", key)
        let response = try await send(call, request(.head, key))
        return try ObjectHeaders(headers: response.headers, metadataPrefix: MetadataRules.s3.prefix).info(key, call)
    }

    func delete(_ key: String) async throws {
        do {
            _ = try await send(StorageCall("delete", key), request(.delete, key))
        } catch let error as ObjectStorageError where error.kind == .notFound {
            // S3 itself answers 204; some that speak its protocol say 404.
        }
    }

    func list(
        prefix: String, delimiter: String?, continuation: String?, limit: Int
    ) async throws -> ObjectPage {
        let call = StorageCall("list")
        var query = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", "\(limit)"), ("prefix", prefix)]
        if let delimiter { query.append(("delimiter", delimiter)) }
        if let continuation { query.append(("continuation-token", continuation)) }
        let document = try await transport.document(of: send(call, request(.get, query: query)), call)
        let isEncoded = document["EncodingType"] == "url"
        let decode = { (text: String) throws(ObjectStorageError) -> String in
            guard let text = isEncoded ? PercentEncoding.decode(text, plusIsSpace: true) : text else {
                throw ObjectStorageError(.invalidResponse, "\"\(text)\" is not percent-encoded", operation: "list")
            }
            return text
        }
        let objects = try document.all("Contents").map { item in
            ObjectInfo(
                key: try decode(item["Key"] ?? ""), size: item["Size"].flatMap { Int($0) } ?? 0,
                etag: ObjectHeaders.unquoted(item["ETag"] ?? ""),
                lastModified: item["LastModified"].flatMap { UTCTime.date(extended: $0) })
        }
        let prefixes = try document.all("CommonPrefixes").map { try decode($0["Prefix"] ?? "") }
        let isTruncated = document["IsTruncated"] == "true"
        return ObjectPage(
            objects: objects, prefixes: prefixes,
            continuation: isTruncated ? document["NextContinuationToken"] : nil)
    }

    func copy(_ source: String, to key: String) async throws {
        let call = StorageCall("copy", key)
        var request = request(.put, key)
        let path = "/\(configuration.bucket)/\(source)"
        request.set("x-amz-copy-source", PercentEncoding.encode(path, keepingSlashes: true))
        _ = try await result(of: send(call, request), call)
    }

    func createContainer() async throws {
        let call = StorageCall("create bucket")
        var request = request(.put)
        if configuration.region != "us-east-1" {
            var xml = XMLWriter()
            xml.element("CreateBucketConfiguration", ["xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"]) { xml in
                xml.element("LocationConstraint", configuration.region)
            }
            request.body = .bytes(xml.bytes)
        }
        do {
            _ = try await send(call, request)
        } catch let error as ObjectStorageError where error.code == "BucketAlreadyOwnedByYou" {
            // What was wanted.
        }
    }

    /// The document of an operation that may fail after it has answered 200.
    func result(of response: HTTPClient.Response, _ call: StorageCall) async throws -> XMLElement {
        let document = try await transport.document(of: response, call)
        guard document.name == "Error" else { return document }
        let code = document["Code"]
        throw ObjectStorageError(
            StorageRefusal.kind(status: 500, code: code), document["Message"] ?? "failed", operation: call.operation,
            key: call.key, status: response.status, code: code)
    }
}
