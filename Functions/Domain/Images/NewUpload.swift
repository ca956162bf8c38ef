package import FoundationEssentials
package import FunctionRuntime

/// A picture that somebody is about to upload.
package struct NewUpload: Sendable, Hashable {
    package var imageID: UUID
    /// Who will upload it.
    package var user: UUID
    /// Nil where the client has not said it; what arrives is looked at either way.
    package var format: ImageFormat?
    /// Bytes; nil where the client has not said it.
    package var size: Int64?
    package var filename: String?

    /// Where it will be stored.
    package var storageKey: String { Self.storageKey(of: imageID, user: user) }

    static func storageKey(of image: UUID, user: UUID) -> String {
        "\(ImageRules.uploadPrefix)\(user.text)/\(image.text)"
    }

    /// Checks what was announced.
    ///
    /// - Throws: `Failure.invalid` that names every field that is wrong.
    package init(
        contentType: String?, size: Int64?, filename: String?, user: UUID, imageID: UUID = .version7()
    ) throws(Failure) {
        var problems: [FieldError] = []
        let format = contentType.flatMap(ImageFormat.init(contentType:))
        if let contentType, format == nil {
            let known = ImageFormat.allCases.map(\.mediaType).joined(separator: ", ")
            problems.append(FieldError("contentType", "is \"\(contentType.prefix(80))\"; want one of \(known)"))
        }
        if let size, size < 1 {
            problems.append(
                FieldError("size", "must be the number of bytes of the file, and an empty file is no picture"))
        }
        if let size, size > ImageRules.largestFile {
            problems.append(FieldError("size", "is \(size) bytes; at most \(ImageRules.largestFile) are taken"))
        }
        if filename == "" { problems.append(FieldError("filename", "must not be empty")) }
        if let filename, filename.count > 255 || filename.unicodeScalars.contains("\u{0}") {
            problems.append(FieldError("filename", "must have at most 255 characters and no U+0000"))
        }
        guard problems.isEmpty else { throw .invalid(problems) }
        self.imageID = imageID
        self.user = user
        self.format = format
        self.size = size
        self.filename = filename
    }

    /// The same upload for a picture that was announced before.
    package func replacing(_ imageID: UUID?) -> NewUpload {
        var copy = self
        copy.imageID = imageID ?? copy.imageID
        return copy
    }
}
