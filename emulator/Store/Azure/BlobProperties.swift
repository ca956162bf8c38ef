import Cryptography
import NIOHTTP1
import XML

/// The properties of a blob: from request headers into its fields, and from there into headers and listings.
enum BlobProperties {
    /// Field, request header, listing element.
    static let content = [
        ("content-type", "x-ms-blob-content-type", "Content-Type"),
        ("content-encoding", "x-ms-blob-content-encoding", "Content-Encoding"),
        ("content-language", "x-ms-blob-content-language", "Content-Language"),
        ("content-md5", "x-ms-blob-content-md5", "Content-MD5"),
        ("cache-control", "x-ms-blob-cache-control", "Cache-Control"),
        ("content-disposition", "x-ms-blob-content-disposition", "Content-Disposition"),
    ]

    /// What an upload's headers say.
    static func fields(_ request: HTTPRequest, type: String) throws(AzureError) -> FieldList {
        var fields = FieldList()
        fields["blob-type"] = type
        setContent(&fields, request, fallback: type == "BlockBlob" && request.parameter("comp") == nil)
        if fields["content-type"] == nil { fields["content-type"] = "application/octet-stream" }
        if let md5 = fields["content-md5"], Base64.decode(md5) == nil { throw .invalidMD5 }
        if let tier = request.header("x-ms-access-tier") {
            let known = type == "BlockBlob" ? BlobTier.blockTiers : type == "PageBlob" ? BlobTier.pageTiers : []
            guard let name = BlobTier.canonical(tier), known.contains(name) else {
                throw .invalidHeader("x-ms-access-tier", tier)
            }
            fields["tier"] = name
            fields["tier-time"] = String(Clock.milliseconds())
        }
        if let tags = request.header("x-ms-tags") { fields.replaceAll("tag:", with: try AzureTags.parse(header: tags)) }
        return fields
    }

    /// Replaces the content properties by the request's; all of them, also those it does not name.
    static func setContent(_ fields: inout FieldList, _ request: HTTPRequest, fallback: Bool = false) {
        for (field, header, _) in content {
            let plain = fallback && field != "content-md5" ? request.header(field) : nil
            let value = request.header(header) ?? plain
            fields[field] = value?.isEmpty == true ? nil : value
        }
    }

    static func add(_ record: ObjectRecord, to headers: inout HTTPHeaders, withContent: Bool = true) {
        headers.add(name: "ETag", value: "\"\(record.azureETag)\"")
        headers.add(name: "Last-Modified", value: HTTPDate.rfc1123(record.modified))
        headers.add(name: "x-ms-creation-time", value: HTTPDate.rfc1123(created(record)))
        headers.add(name: "x-ms-blob-type", value: record.blobType)
        headers.add(name: "Accept-Ranges", value: "bytes")
        headers.add(name: "x-ms-server-encrypted", value: "true")
        for (field, _, name) in content where field != "content-md5" {
            if let value = record.fields[field] { headers.add(name: name, value: value) }
        }
        for (name, value) in record.fields.all("meta:") { headers.add(name: "x-ms-meta-" + name, value: value) }
        let tags = record.fields.all("tag:").count
        if tags > 0 { headers.add(name: "x-ms-tag-count", value: String(tags)) }
        BlobEncryption.show(record, in: &headers)
        BlobImmutability(record).show(in: &headers)
        switch record.blobType {
        case "PageBlob":
            headers.add(name: "x-ms-blob-sequence-number", value: record.fields["sequence-number"] ?? "0")
        case "AppendBlob":
            headers.add(name: "x-ms-blob-committed-block-count", value: record.fields["append-count"] ?? "0")
            if record.fields["sealed"] != nil { headers.add(name: "x-ms-blob-sealed", value: "true") }
        default: break
        }
        if let version = record.versionName, record.kind == .object {
            headers.add(name: "x-ms-version-id", value: version)
        }
    }

    static func created(_ record: ObjectRecord) -> Int64 {
        record.fields["created"].flatMap { Int64($0) } ?? record.modified
    }
}
