/// Where a picture stands.
///
///     awaiting_upload ──> scanning ──> ready
///                            └───────> rejected
package enum ImageState: String, Sendable, Codable, CaseIterable {
    case awaitingUpload = "awaiting_upload"
    case scanning
    case ready
    case rejected
}
