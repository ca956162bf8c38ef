/// The kinds of files that pictures are written to.
enum PictureFormat: String, Sendable {
    case png, jpeg

    /// The format of that name; PNG in place of one that is not written here.
    init(inPlaceOf name: String) {
        self = Self(rawValue: name) ?? .png
    }

    var mediaType: String { "image/\(rawValue)" }
}
