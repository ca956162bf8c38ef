/// What a download by signed URL answers with, instead of what is stored.
package struct PresignedDownload: Hashable, Sendable {
    /// Such as `attachment; filename="image.png"`.
    package var contentDisposition: String?
    package var contentType: String?
    package var cacheControl: String?

    package init(contentDisposition: String? = nil, contentType: String? = nil, cacheControl: String? = nil) {
        self.contentDisposition = contentDisposition
        self.contentType = contentType
        self.cacheControl = cacheControl
    }
}
