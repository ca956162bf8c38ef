package import FoundationEssentials

/// What the store knows about an object.
package struct ObjectInfo: Hashable, Sendable {
    package var key: String
    /// Bytes of the whole object.
    package var size: Int
    /// Without its quotation marks.
    package var etag: String
    /// Empty in lists of S3, which do not tell it.
    package var contentType: String
    package var lastModified: Date?
    /// Names in lower case. Empty in lists.
    package var metadata: [String: String]

    package init(
        key: String, size: Int, etag: String, contentType: String = "", lastModified: Date? = nil,
        metadata: [String: String] = [:]
    ) {
        self.key = key
        self.size = size
        self.etag = etag
        self.contentType = contentType
        self.lastModified = lastModified
        self.metadata = metadata
    }
}
