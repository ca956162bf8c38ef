import FoundationEssentials
import HTTPClient

extension AzureDialect {
    func presignGet(
        _ key: String, _ download: PresignedDownload, expiry: Duration, at date: Date
    ) throws -> PresignedRequest {
        try presigned(request(.get, key, at: configuration.publicEndpoint), key, headers: [:]) { isHTTPS in
            AzureSharedAccessSignature(
                permissions: "r", expires: date + Double(expiry.components.seconds), allowsOnlyHTTPS: isHTTPS,
                cacheControl: download.cacheControl, contentDisposition: download.contentDisposition,
                contentType: download.contentType)
        }
    }

    func presignPut(
        _ key: String, _ upload: PresignedUpload, expiry: Duration, at date: Date
    ) throws -> PresignedRequest {
        var headers = Dictionary(uniqueKeysWithValues: try MetadataRules.azure.headers(upload.metadata))
        headers["x-ms-blob-type"] = "BlockBlob"
        headers["content-type"] = upload.contentType
        return try presigned(request(.put, key, at: configuration.publicEndpoint), key, headers: headers) { isHTTPS in
            AzureSharedAccessSignature(
                permissions: "cw", expires: date + Double(expiry.components.seconds), allowsOnlyHTTPS: isHTTPS)
        }
    }

    private func presigned(
        _ request: StorageRequest, _ key: String, headers: [String: String],
        _ make: (_ isHTTPS: Bool) -> AzureSharedAccessSignature
    ) throws(ObjectStorageError) -> PresignedRequest {
        guard case .sharedKey(let accountKey) = configuration.credential else {
            throw ObjectStorageError(
                .invalidConfiguration, "signed URLs need AccountKey in the connection string", operation: "presign",
                key: key)
        }
        let signature = make(request.endpoint.scheme == "https")
        var request = request
        request.query += signature.query(
            account: configuration.account, key: accountKey, container: configuration.container, blob: key)
        return PresignedRequest(
            url: request.url, method: request.method.name, headers: headers, expires: signature.expires)
    }
}
