import NIOHTTP1

/// Objects of the archive, which have to be fetched before they can be read
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html).
///
/// There is no archive here: what is asked for is there at once.
enum S3Archive {
    private static let classes: Set<String> = ["GLACIER", "DEEP_ARCHIVE"]
    /// When a fetched object is in the archive again, in milliseconds since 1970.
    static let field = "restored-until"

    static func holds(_ record: ObjectRecord) -> Bool { classes.contains(record.fields["x-amz-storage-class"] ?? "") }

    static func isRestored(_ record: ObjectRecord, _ now: Int64) -> Bool {
        (record.fields[field].flatMap { Int64($0) } ?? 0) > now
    }

    /// Refuses to read what is in the archive.
    static func checkRead(_ record: ObjectRecord) throws(S3Error) {
        guard holds(record), !isRestored(record, Clock.milliseconds()) else { return }
        throw S3Error(
            403, "InvalidObjectState", "The operation is not valid for the object's storage class",
            ["StorageClass": record.fields["x-amz-storage-class"] ?? ""])
    }

    static func show(_ record: ObjectRecord, in headers: inout HTTPHeaders) {
        guard let until = record.fields[field].flatMap({ Int64($0) }), until > Clock.milliseconds() else { return }
        headers.add(
            name: "x-amz-restore", value: "ongoing-request=\"false\", expiry-date=\"\(HTTPDate.rfc1123(until))\"")
    }
}
