/// A page of the uploads that are under way.
struct UploadPage {
    private(set) var uploads: [UploadRecord] = []
    private(set) var prefixes: [String] = []
    private(set) var isTruncated = false
    /// Where the next page goes on.
    private(set) var lastKey = ""
    private(set) var lastID = ""

    init(
        _ reading: some StoreReading, bucket: Int64, prefix: String, delimiter: String, keyMarker: String,
        idMarker: String, limit: Int
    ) throws {
        guard limit > 0 else { return }
        // A key marker alone lies behind all uploads of its key.
        var (key, id) = (keyMarker, idMarker.isEmpty && !keyMarker.isEmpty ? "\u{10FFFF}" : idMarker)
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
                    (lastKey, lastID) = (common + "\u{10FFFF}", "")
                    (key, id) = (lastKey, lastID)
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
