import FoundationEssentials
import HTTPClient

extension S3Dialect {
    func presignGet(
        _ key: String, _ download: PresignedDownload, expiry: Duration, at date: Date
    ) -> PresignedRequest {
        let overrides: [(String, String?)] = [
            ("response-cache-control", download.cacheControl),
            ("response-content-disposition", download.contentDisposition),
            ("response-content-type", download.contentType),
        ]
        let query = overrides.compactMap { name, value in value.map { (name, $0) } }
        let request = request(.get, key, query: query, at: configuration.publicEndpoint)
        return presigned(request, expiry, date)
    }

    func presignPut(
        _ key: String, _ upload: PresignedUpload, expiry: Duration, at date: Date
    ) throws -> PresignedRequest {
        var request = request(.put, key, at: configuration.publicEndpoint)
        request.set("content-type", upload.contentType)
        request.set("content-length", upload.contentLength.map { "\($0)" })
        request.headers += try MetadataRules.s3.headers(upload.metadata)
        return presigned(request, expiry, date)
    }

    private func presigned(_ request: StorageRequest, _ expiry: Duration, _ date: Date) -> PresignedRequest {
        let sent = request.headers.filter { $0.0 != "content-length" }
        return PresignedRequest(
            url: signer.presignedURL(request, expiry: expiry, at: date), method: request.method.name,
            headers: Dictionary(uniqueKeysWithValues: sent),
            expires: date + Double(expiry.components.seconds))
    }
}
