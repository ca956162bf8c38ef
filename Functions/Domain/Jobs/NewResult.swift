internal import Cryptography
internal import JSON

/// A result that is stored and not yet recorded.
package struct NewResult: Sendable, Hashable {
    package var image: StoredImage
    package var sha256: [UInt8]

    package init(image: StoredImage, sha256: [UInt8]) {
        self.image = image
        self.sha256 = sha256
    }

    /// The row `JobLeases.complete` makes of it.
    var json: JSON {
        [
            "id": .string(image.id.text), "key": .string(image.storageKey), "type": .string(image.format.mediaType),
            "size": .integer(image.size), "width": .integer(Int64(image.width)),
            "height": .integer(Int64(image.height)),
            "sha256": .string(Hex.encode(sha256)),
        ]
    }
}
