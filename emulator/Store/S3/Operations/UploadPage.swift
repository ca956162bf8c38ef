/// A page of the uploads that are under way.
struct UploadPage {
    private(set) var uploads: [UploadRecord] = []
    private(set) var prefixes: [String] = []
    private(set) var isTruncated = false
    /// Where the next page goes on.
    private(set) var lastKey = ""
    private(set) var lastID = ""

    /// The last character there is.
    private static let last = "\u{10FFFF}"

    init(
        _ reading: some StoreReading, bucket: Int64, prefix: String, delimiter: String, keyMarker: String,
        idMarker: String, limit: Int
    ) throws {
        guard limit > 0 else { return }
        // A key marker alone lies behind all uploads of its key, and a common prefix behind all that have it.
        let isPrefix = !keyMarker.isEmpty && keyMarker.commonPrefix(after: prefix, delimiter: delimiter) == keyMarker
        var (key, id) = (
            isPrefix ? keyMarker + Self.last : keyMarker,
            idMarker.isEmpty && !keyMarker.isEmpty ? Self.last : idMarker
        )
        while true {
            let found = try reading.uploads(bucket, prefix: prefix, afterKey: key, afterID: id, limit: limit + 1)
            var skipped = false
            for upload in found {
                if uploads.count + prefixes.count == limit {
                    isTruncated = true
                    return
                }
                if let common = upload.key.commonPrefix(after: prefix, delimiter: delimiter) {
                    prefixes.append(common)
                    (lastKey, lastID) = (common, "")
                    (key, id) = (common + Self.last, "")
                    skipped = true
                    break
                }
                uploads.append(upload)
                (lastKey, lastID) = (upload.key, upload.id)
            }
            if !skipped { return }
        }
    }
}
