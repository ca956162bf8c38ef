/// One change to an object, told once to every consumer.
package struct StoreEvent: Sendable {
    /// What happened.
    package enum Kind: String, Sendable {
        case created, deleted
    }

    package var kind: Kind
    /// How it happened, in the S3 vocabulary: `Put`, `Post`, `Copy`, `CompleteMultipartUpload`, `Delete`,
    /// `DeleteMarkerCreated`.
    package var cause: String
    /// Bucket or container.
    package var bucket: String
    package var key: String
    /// Bytes; 0 for a deletion.
    package var size: Int64
    /// Without quotes; empty for a deletion.
    package var etag: String
    package var contentType: String
    /// User metadata as it was set, names in the client's case.
    package var metadata: [(name: String, value: String)]
    /// The version's name where the bucket is versioned.
    package var version: String?
    /// Grows with each change to a key; hexadecimal of a fixed width, so that it can be compared as text.
    package var sequencer: String
    /// Milliseconds since 1970.
    package var time: Int64
    /// `s3` or `azure`: the dialect it came through.
    package var dialect: String
    /// The request that caused it, and who made it.
    package var requestID: String
    package var principal: String
    /// Where the request came from.
    package var caller = Caller()
    /// What the Azure dialect calls the blob's state: its entity tag without quotes, and its kind.
    package var azureETag = ""
    package var blobType = "BlockBlob"

    /// Who sent a request, as it says itself.
    package struct Caller: Sendable {
        /// The address without its port; empty for the emulator itself.
        package var peer = ""
        package var userAgent = ""
        /// `x-ms-client-request-id`.
        package var clientRequestID = ""

        package init() {}
    }

    /// Where the event stands in its consumer's log; what ``EventLog/acknowledge(_:)`` refers to. 0 before it is
    /// stored.
    package internal(set) var sequence: Int64 = 0
}

extension StoreEvent {
    var fields: FieldList {
        var list = FieldList()
        list["kind"] = kind.rawValue
        list["cause"] = cause
        list["bucket"] = bucket
        list["key"] = key
        list["size"] = String(size)
        list["etag"] = etag
        list["type"] = contentType
        list["version"] = version
        list["sequencer"] = sequencer
        list["time"] = String(time)
        list["dialect"] = dialect
        list["request"] = requestID
        list["principal"] = principal
        list["peer"] = caller.peer
        list["agent"] = caller.userAgent
        list["client-request"] = caller.clientRequestID
        list["azure-etag"] = azureETag
        list["blob-type"] = blobType
        list.replaceAll("meta:", with: metadata)
        return list
    }

    init(sequence: Int64, fields list: FieldList) {
        self.init(
            kind: Kind(rawValue: list["kind"] ?? "") ?? .created, cause: list["cause"] ?? "",
            bucket: list["bucket"] ?? "", key: list["key"] ?? "", size: Int64(list["size"] ?? "") ?? 0,
            etag: list["etag"] ?? "", contentType: list["type"] ?? "", metadata: list.all("meta:"),
            version: list["version"], sequencer: list["sequencer"] ?? "", time: Int64(list["time"] ?? "") ?? 0,
            dialect: list["dialect"] ?? "", requestID: list["request"] ?? "", principal: list["principal"] ?? "",
            sequence: sequence)
        caller.peer = list["peer"] ?? ""
        caller.userAgent = list["agent"] ?? ""
        caller.clientRequestID = list["client-request"] ?? ""
        azureETag = list["azure-etag"] ?? ""
        blobType = list["blob-type"] ?? "BlockBlob"
    }
}

extension StoreEvent {
    /// What happened to `record`, in the words of a dialect.
    init(
        kind: Kind, cause: String, _ record: ObjectRecord, bucket: String, dialect: String, requestID: String,
        principal: String, caller: Caller = Caller()
    ) {
        let isCreated = kind == .created
        self.init(
            kind: kind, cause: cause, bucket: bucket, key: record.key, size: isCreated ? record.size : 0,
            etag: isCreated ? record.etag : "",
            contentType: isCreated ? record.fields["content-type"] ?? "application/octet-stream" : "",
            metadata: isCreated ? record.fields.all("meta:") : [], version: record.versionName,
            sequencer: Self.sequencer(record.version), time: Clock.milliseconds(), dialect: dialect,
            requestID: requestID, principal: principal, caller: caller, azureETag: isCreated ? record.azureETag : "",
            blobType: record.blobType)
    }

    /// A version's number as it is told: 16 digits, so that texts compare like numbers.
    static func sequencer(_ version: Int64) -> String {
        let text = String(version, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 16 - text.count)) + text
    }
}

extension StoreEvent.Caller {
    init(_ request: HTTPRequest) {
        peer = request.peer
        userAgent = request.header("user-agent") ?? ""
        clientRequestID = request.header("x-ms-client-request-id") ?? ""
    }
}
