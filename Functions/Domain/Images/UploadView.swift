package import FoundationEssentials
package import ObjectStorage

/// How to send a picture straight to storage.
package struct UploadView: Codable, Sendable, Hashable {
    /// Where to, with its signature.
    package var url: String
    package var method: String
    /// To be sent exactly so.
    package var headers: [String: String]
    package var expiresAt: Date

    package init(_ request: PresignedRequest) {
        url = request.url
        method = request.method
        headers = request.headers
        expiresAt = request.expires
    }
}
