/// What an upload by signed URL must look like.
package struct PresignedUpload: Hashable, Sendable {
    /// Nil leaves the choice to the client.
    package var contentType: String?
    /// Exact bytes of the body. S3 refuses any other length; Azure cannot be told.
    package var contentLength: Int?
    /// As in ``PutOptions/metadata``.
    package var metadata: [String: String]

    package init(contentType: String? = nil, contentLength: Int? = nil, metadata: [String: String] = [:]) {
        self.contentType = contentType
        self.contentLength = contentLength
        self.metadata = metadata
    }
}
