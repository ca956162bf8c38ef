/// What an uploaded picture must be, and how big.
package enum ImageRules {
    /// What the keys of uploaded pictures begin with; storing an object below it calls ImageUploaded.
    package static let uploadPrefix = "uploads/"
    /// What the keys of results begin with.
    package static let outputPrefix = "outputs/"
    /// What the keys of pictures begin with that are not finished.
    package static let previewPrefix = "previews/"
    /// How long a signed upload URL may be used.
    package static let uploadLife = Duration.seconds(600)
    /// How long a signed address of a picture may be used.
    package static let downloadLife = Duration.seconds(3600)
    /// Bytes; 50 MiB.
    package static let largestFile: Int64 = 50 << 20
    /// Pixels on one side. A file of a few bytes may claim billions of pixels; whoever decodes it later pays for them.
    package static let longestSide = 16_384
    /// Pixels in all: what a decoder would have to hold.
    package static let mostPixels = 100_000_000

    /// Why a picture of this size is refused, as a sentence, or nil where it is welcome.
    package static func refusal(of header: ImageHeader) -> String? {
        if header.width > longestSide || header.height > longestSide {
            return "the picture is \(header.width)×\(header.height) pixels; a side may have at most \(longestSide)"
        }
        if header.width * header.height > mostPixels {
            return "the picture has \(header.width * header.height) pixels; at most \(mostPixels) are taken"
        }
        return nil
    }
}
