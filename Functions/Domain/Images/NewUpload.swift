package import FoundationEssentials
package import FunctionRuntime

/// A picture that somebody is about to upload.
package struct NewUpload: Sendable, Hashable {
    package var imageID: UUID
    package var format: ImageFormat
    /// Bytes.
    package var size: Int64
    package var filename: String?
    /// Where it will be stored.
    package var storageKey: String

    /// Checks what was announced.
    ///
    /// - Throws: `Failure.invalid` that names every field that is wrong.
    package init(
        contentType: String, size: Int64, filename: String?, user: UUID, imageID: UUID = .version7()
    ) throws(Failure) {
        var problems: [FieldError] = []
        let format = ImageFormat(contentType: contentType)
        if format == nil {
            let known = ImageFormat.allCases.map(\.mediaType).joined(separator: ", ")
            problems.append(FieldError("contentType", "is \"\(contentType.prefix(80))\"; want one of \(known)"))
        }
        if size < 1 { problems.append(FieldError("size", "must be the number of bytes of the file")) }
        if size > ImageRules.largestFile {
            problems.append(FieldError("size", "is \(size) bytes; at most \(ImageRules.largestFile) are taken"))
        }
        if let filename, filename.count > 255 || filename.unicodeScalars.contains("\u{0}") {
            problems.append(FieldError("filename", "must have at most 255 characters and no U+0000"))
        }
        guard problems.isEmpty, let format else { throw .invalid(problems) }
        self.imageID = imageID
        self.format = format
        self.size = size
        self.filename = filename
        storageKey = "\(ImageRules.uploadPrefix)\(user.text)/\(imageID.text).\(format.fileExtension)"
    }
}
