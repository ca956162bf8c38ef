import FoundationEssentials
import HTTPClient

/// What a response's headers say about an object.
struct ObjectHeaders {
    let headers: HTTPHeaders
    /// `x-amz-meta-` or `x-ms-meta-`.
    let metadataPrefix: String

    /// - Throws: ``ObjectStorageError/Kind/invalidResponse`` without a length or an entity tag.
    func info(_ key: String, _ call: StorageCall) throws(ObjectStorageError) -> ObjectInfo {
        // "bytes 0-9/4096": the number after the slash is the whole object's.
        let total = headers["content-range"].flatMap { $0.split(separator: "/").last }.flatMap { Int($0) }
        guard let size = total ?? headers["content-length"].flatMap({ Int($0) }), let etag = headers["etag"] else {
            throw ObjectStorageError(
                .invalidResponse, "the answer has no Content-Length or no ETag", operation: call.operation, key: key)
        }
        var metadata: [String: String] = [:]
        for field in headers where field.name.lowercased().hasPrefix(metadataPrefix) {
            metadata[field.name.lowercased().dropFirst(metadataPrefix.count).description] = EncodedWord.decode(
                field.value)
        }
        return ObjectInfo(
            key: key, size: size, etag: Self.unquoted(etag), contentType: headers["content-type"] ?? "",
            lastModified: headers["last-modified"].flatMap { UTCTime.date(http: $0) }, metadata: metadata)
    }

    static func unquoted(_ etag: String) -> String { etag.filter { $0 != "\"" } }

    static func quoted(_ etag: String) -> String { "\"\(unquoted(etag))\"" }

    /// The entity tag of what was written.
    static func etag(_ headers: HTTPHeaders, _ call: StorageCall) throws(ObjectStorageError) -> String {
        guard let etag = headers["etag"] else {
            throw ObjectStorageError(
                .invalidResponse, "the answer has no ETag", operation: call.operation, key: call.key)
        }
        return unquoted(etag)
    }

    static func range(_ range: Range<Int>) -> String { "bytes=\(range.lowerBound)-\(range.upperBound - 1)" }
}
