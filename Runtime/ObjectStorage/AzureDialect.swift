import Cryptography
import FoundationEssentials
import HTTPClient
import XML

/// Azure's Blob service (https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api).
struct AzureDialect: StorageDialect {
    let configuration: AzureConfiguration
    let transport: StorageTransport
    private static let version = "2021-12-02"

    init(_ configuration: AzureConfiguration, client: HTTPClient) {
        self.configuration = configuration
        transport = StorageTransport(client: client)
    }

    /// A request for the container, or for a blob in it.
    func request(
        _ method: HTTPMethod, _ key: String? = nil, query: [(String, String)] = [], at endpoint: StorageEndpoint? = nil
    ) -> StorageRequest {
        let blob = key.map { "/\($0)" } ?? ""
        return StorageRequest(
            method, endpoint ?? configuration.endpoint, path: "/\(configuration.container)\(blob)", query: query)
    }

    func send(_ call: StorageCall, _ request: StorageRequest) async throws -> HTTPClient.Response {
        let length = try request.body.length(call)
        let digest: [UInt8]? =
            switch request.body {
            case .none, .chunks: nil
            case .bytes(let bytes): MD5.hash(bytes)
            case .file(let path): try await FileDigest.compute(MD5(), path, call)
            }
        return try await transport.send(call) { date in
            var signed = request
            // The service compares it, and keeps that of a blob sent at once.
            signed.set("content-md5", digest.map { Base64.encode($0) })
            signed.set("x-ms-version", Self.version)
            signed.set("x-ms-date", UTCTime(date).http)
            signed.set("content-length", length.map { "\($0)" })
            switch configuration.credential {
            case .sharedKey(let key): AzureSharedKey(account: configuration.account, key: key).sign(&signed)
            case .sharedAccessSignature(let token): signed.query += Self.parameters(of: token)
            }
            return signed
        }
    }

    func get(_ key: String, range: Range<Int>?) async throws -> ObjectDownload {
        let call = StorageCall("get", key)
        var request = request(.get, key)
        request.set("range", range.map(ObjectHeaders.range))
        // Of a range no longer than that the service computes it when it is asked to.
        if let range, range.count <= 4 << 20 { request.set("x-ms-range-get-content-md5", "true") }
        let response = try await send(call, request)
        let headers = ObjectHeaders(headers: response.headers, metadataPrefix: MetadataRules.azure.prefix)
        let verification = ContentVerification(key, response.headers["content-md5"], MD5())
        return ObjectDownload(
            info: try headers.info(key, call), body: ObjectContent(body: response.body, verification: verification))
    }

    func head(_ key: String) async throws -> ObjectInfo {
        let call = StorageCall("head", key)
        let response = try await send(call, request(.head, key))
        return try ObjectHeaders(headers: response.headers, metadataPrefix: MetadataRules.azure.prefix).info(key, call)
    }

    func delete(_ key: String) async throws {
        var request = request(.delete, key)
        request.set("x-ms-delete-snapshots", "include")
        do {
            _ = try await send(StorageCall("delete", key), request)
        } catch let error as ObjectStorageError where error.kind == .notFound {
            // What was wanted.
        }
    }

    func list(
        prefix: String, delimiter: String?, continuation: String?, limit: Int
    ) async throws -> ObjectPage {
        let call = StorageCall("list")
        var query = [("restype", "container"), ("comp", "list"), ("maxresults", "\(limit)"), ("prefix", prefix)]
        if let delimiter { query.append(("delimiter", delimiter)) }
        if let continuation { query.append(("marker", continuation)) }
        let document = try await transport.document(of: send(call, request(.get, query: query)), call)
        let blobs = document.first("Blobs")
        let objects = blobs?.all("Blob").map { item in
            let properties = item.first("Properties")
            return ObjectInfo(
                key: Self.name(item), size: properties?["Content-Length"].flatMap { Int($0) } ?? 0,
                etag: ObjectHeaders.unquoted(properties?["Etag"] ?? ""),
                contentType: properties?["Content-Type"] ?? "",
                lastModified: properties?["Last-Modified"].flatMap { UTCTime.date(http: $0) })
        }
        let next = document["NextMarker"]
        return ObjectPage(
            objects: objects ?? [], prefixes: blobs?.all("BlobPrefix").map(Self.name) ?? [],
            continuation: next == "" ? nil : next)
    }

    func copy(_ source: String, to key: String) async throws {
        var request = request(.put, key)
        request.set("x-ms-copy-source", self.request(.get, source).resourceURL)
        let call = StorageCall("copy", key)
        var headers = try await send(call, request).headers
        // Inside one account a copy is done at once, as a rule; the protocol lets it take its time.
        while headers["x-ms-copy-status"] == "pending" {
            try await Task.sleep(for: .milliseconds(200))
            headers = try await send(call, self.request(.head, key)).headers
        }
        guard headers["x-ms-copy-status"] == "success" else {
            let reason = headers["x-ms-copy-status-description"] ?? "the copy did not succeed"
            throw ObjectStorageError(.unavailable, reason, operation: "copy", key: key)
        }
    }

    func createContainer() async throws {
        let call = StorageCall("create container")
        do {
            _ = try await send(call, request(.put, query: [("restype", "container")]))
        } catch let error as ObjectStorageError where error.code == "ContainerAlreadyExists" {
            // What was wanted.
        }
    }

    /// A name that XML cannot carry comes percent-encoded.
    private static func name(_ item: XMLElement) -> String {
        let name = item["Name"] ?? ""
        guard item.first("Name")?.attributes["Encoded"] == "true" else { return name }
        return PercentEncoding.decode(name) ?? name
    }

    /// The parameters of a shared access signature, decoded: they are encoded again with the rest of the query.
    private static func parameters(of token: String) -> [(String, String)] {
        token.split(separator: "&").map { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]) : ""
            return (String(parts[0]), PercentEncoding.decode(value) ?? value)
        }
    }
}
