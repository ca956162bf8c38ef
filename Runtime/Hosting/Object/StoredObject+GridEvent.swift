import FoundationEssentials
import FunctionRuntime
import JSON

extension StoredObject {
    /// An event of Azure Blob Storage in Event Grid's schema or as a CloudEvent
    /// (https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage); nil for an event of another kind.
    init?(gridEvent event: JSON) throws(Failure) {
        guard let type = event["type"]?.string ?? event["eventType"]?.string else {
            throw .invalid(
                "is missing: neither S3 records, nor an Event Grid event, nor a CloudEvent", field: "eventType")
        }
        let change: Change
        switch type {
        case "Microsoft.Storage.BlobCreated": change = .created
        case "Microsoft.Storage.BlobDeleted": change = .deleted
        default: return nil
        }
        let subject = event["subject"]?.string ?? ""
        guard let (container, blob) = Self.names(subject) else {
            throw .invalid("is not /blobServices/default/containers/…/blobs/…: \"\(subject)\"", field: "subject")
        }
        guard let id = event["id"]?.string else { throw .invalid("is missing", field: "id") }
        let time = event["time"]?.string ?? event["eventTime"]?.string ?? ""
        guard let date = RFC3339.date(from: time) else {
            throw .invalid("is not a time (RFC 3339): \"\(time)\"", field: "eventTime")
        }
        let data = event["data"] ?? .null
        self.init(
            id: id, event: change, time: date, store: "azure", bucket: container, key: blob,
            size: data["contentLength"]?.int ?? 0, etag: (data["eTag"]?.string ?? "").filter { $0 != "\"" },
            contentType: data["contentType"]?.string, metadata: [:])
    }

    /// Container and blob of `/blobServices/default/containers/<container>/blobs/<blob>`; a blob's name may hold slashes.
    private static func names(_ subject: String) -> (container: String, blob: String)? {
        let parts = subject.split(separator: "/", maxSplits: 5, omittingEmptySubsequences: false)
        // "", blobServices, default, containers, <container>, blobs/<blob>
        guard parts.count == 6, parts[1] == "blobServices", parts[3] == "containers", !parts[4].isEmpty,
            parts[5].hasPrefix("blobs/"), parts[5].utf8.count > 6
        else { return nil }
        return (String(parts[4]), String(parts[5].dropFirst(6)))
    }
}
