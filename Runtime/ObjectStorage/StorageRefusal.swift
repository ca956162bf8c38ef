/// What the vendors' error codes mean
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
/// https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes).
enum StorageRefusal {
    static func kind(status: Int, code: String?) -> ObjectStorageError.Kind {
        switch code {
        case "NoSuchKey", "BlobNotFound": return .notFound
        case "NoSuchBucket", "ContainerNotFound": return .containerNotFound
        // Azure answers a write that must not overwrite with 409.
        case "PreconditionFailed", "ConditionNotMet", "BlobAlreadyExists": return .preconditionFailed
        case "InvalidRange": return .rangeNotSatisfiable
        case "EntityTooLarge", "RequestBodyTooLarge": return .tooLarge
        case "SlowDown", "ServerBusy", "RequestTimeout", "OperationTimedOut", "ContainerBeingDeleted":
            return .unavailable
        case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "Md5Mismatch": return .damaged
        // A bucket of another region.
        case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed": return .invalidConfiguration
        default: break
        }
        switch status {
        case 301, 307: return .invalidConfiguration
        case 401, 403: return .accessDenied
        case 404: return .notFound
        case 409: return .conflict
        case 412: return .preconditionFailed
        case 413: return .tooLarge
        case 416: return .rangeNotSatisfiable
        // What a store does not do it will not do later.
        case 501, 400..<429, 430..<500: return .invalidRequest
        case 429, 500...599: return .unavailable
        default: return .invalidResponse
        }
    }
}
