/// The picture formats this service takes and makes.
package enum ImageFormat: String, Sendable, Codable, CaseIterable {
    case png = "image/png"
    case jpeg = "image/jpeg"
    case webp = "image/webp"
    case gif = "image/gif"

    /// The media type, as registered with IANA.
    package var mediaType: String { rawValue }

    /// The usual extension of a file name, without its dot.
    package var fileExtension: String {
        switch self {
        case .png: "png"
        case .jpeg: "jpg"
        case .webp: "webp"
        case .gif: "gif"
        }
    }

    /// The format a declared content type names; parameters and case do not matter.
    package init?(contentType: String) {
        let type = contentType.prefix { $0 != ";" }.lowercased()
        self.init(rawValue: String(type.filter { $0 != " " }))
    }
}
