/// Why bytes are not a picture this service takes. Each reads as a sentence for whoever sent them.
package enum ImageHeaderError: Error, Hashable, CustomStringConvertible {
    /// No magic bytes of a known format.
    case unknownFormat
    /// The file ends before its size is known.
    case truncated(ImageFormat)
    /// The header contradicts its own format.
    case damaged(ImageFormat, String)

    package var description: String {
        switch self {
        case .unknownFormat: "the file is not a PNG, JPEG, WebP or GIF picture"
        case .truncated(let format): "the file begins like \(format.mediaType) but ends before its size is known"
        case .damaged(let format, let reason): "the file begins like \(format.mediaType) but is damaged: \(reason)"
        }
    }
}
