import FoundationEssentials
import FunctionRuntime
import JSON

extension StoredObject {
    /// An event as S3 has it
    /// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html), or as MinIO writes it;
    /// nil for an event that is neither creation nor removal.
    init?(record: JSON) throws(Failure) {
        guard let name = record["eventName"]?.string else { throw .invalid("is missing", field: "eventName") }
        // MinIO writes `s3:ObjectCreated:Put`, AWS leaves the `s3:` out.
        let kind = name.hasPrefix("s3:") ? name.dropFirst(3) : name[...]
        guard let change = Self.change(kind) else { return nil }
        guard let bucket = record["s3"]?["bucket"]?["name"]?.string else {
            throw .invalid("is missing", field: "s3.bucket.name")
        }
        guard let object = record["s3"]?["object"], let written = object["key"]?.string else {
            throw .invalid("is missing", field: "s3.object.key")
        }
        guard let key = Self.decoded(written) else {
            throw .invalid("is not query-encoded: \"\(written)\"", field: "s3.object.key")
        }
        let time = record["eventTime"]?.string ?? ""
        guard let date = RFC3339.date(from: time) else {
            throw .invalid("is not a time (RFC 3339): \"\(time)\"", field: "eventTime")
        }
        var metadata: [String: String] = [:]
        for member in object["userMetadata"]?.object ?? [:] {
            let name = member.name.lowercased()
            // MinIO mixes the content type in among the metadata, and keeps the prefix of what the writer gave.
            guard name.hasPrefix(Self.prefix) else { continue }
            metadata[String(name.dropFirst(Self.prefix.count))] = member.value.string
        }
        let identity = [object["sequencer"]?.string, record["responseElements"]?["x-amz-request-id"]?.string]
        self.init(
            id: ([bucket, key, String(kind)] + identity.compactMap { $0 } + [time]).joined(separator: "/"),
            event: change, time: date, store: "s3", bucket: bucket, key: key, size: object["size"]?.int ?? 0,
            etag: object["eTag"]?.string ?? "", contentType: object["contentType"]?.string, metadata: metadata)
    }

    private static let prefix = "x-amz-meta-"

    private static func change(_ kind: Substring) -> Change? {
        switch kind {
        // Changes of an object that exists, not a new one.
        case "ObjectCreated:PutTagging", "ObjectCreated:PutRetention", "ObjectCreated:PutLegalHold": nil
        case _ where kind.hasPrefix("ObjectCreated:"): .created
        case _ where kind.hasPrefix("ObjectRemoved:"): .deleted
        default: nil
        }
    }

    /// Reverses the encoding of keys in records: `+` is a space, `%2F` a slash.
    private static func decoded(_ key: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(key.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
