/// A part that the store has taken.
struct UploadedPart: Sendable {
    /// What names it when the upload is completed.
    let name: String
    /// Of its bytes, as the dialect states it; nil where completing does not repeat it.
    var checksum: String?
}
