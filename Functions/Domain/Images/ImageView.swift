package import FoundationEssentials
internal import ObjectStorage

/// A picture as the API shows it.
package struct ImageView: Codable, Sendable {
    package var id: UUID
    package var kind: String
    package var status: ImageState
    package var filename: String?
    package var contentType: ImageFormat?
    /// Bytes.
    package var size: Int64?
    package var width: Int?
    package var height: Int?
    /// Why it was rejected.
    package var rejection: String?
    package var createdAt: Date
    /// Signed, once the picture is ready.
    package var url: String?

    /// A picture with its signed address where it is ready.
    package init(_ image: Image, _ pictures: Pictures) throws {
        id = image.id
        kind = image.kind
        status = image.status
        filename = image.filename
        contentType = image.format
        size = image.size
        width = image.width
        height = image.height
        rejection = image.rejection
        createdAt = image.createdAt
        url = image.status == .ready ? try pictures.address(of: image.storageKey).url : nil
    }
}
