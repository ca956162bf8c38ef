import Cryptography
import JSON

/// The event as Azure Event Grid has it
/// (https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage).
extension StoreEvent {
    func gridEvent(from source: EventOrigin) -> JSON {
        [
            "topic": .string(source.topic), "subject": .string(subject), "eventType": .string(gridType),
            "id": .string(gridID), "data": gridData(from: source), "dataVersion": "", "metadataVersion": "1",
            "eventTime": .string(HTTPDate.iso8601(time)),
        ]
    }

    /// The same in the CloudEvents schema.
    func cloudEvent(from source: EventOrigin) -> JSON {
        [
            "source": .string(source.topic), "subject": .string(subject), "type": .string(gridType),
            "time": .string(HTTPDate.iso8601(time)), "id": .string(gridID), "data": gridData(from: source),
            "specversion": "1.0",
        ]
    }

    /// The name by which subscriptions ask for it.
    package var gridType: String {
        kind == .created ? "Microsoft.Storage.BlobCreated" : "Microsoft.Storage.BlobDeleted"
    }

    private var subject: String { "/blobServices/default/containers/\(bucket)/blobs/\(key)" }

    /// The same each time the event is sent, and no other event's.
    private var gridID: String {
        let hash = Hex.encode(SHA256.hash("\(bucket)/\(key)/\(sequencer)/\(name)".utf8))
        let parts = [8, 4, 4, 4, 12].reduce(into: (rest: hash[...], list: [Substring]())) { state, length in
            state.list.append(state.rest.prefix(length))
            state.rest = state.rest.dropFirst(length)
        }
        return parts.list.joined(separator: "-")
    }

    private func gridData(from source: EventOrigin) -> JSON {
        var data: JSONObject = [
            "api": .string(api), "clientRequestId": .string(caller.clientRequestID),
            "requestId": .string(AzureResponder.requestID(requestID)),
            "eTag": .string(azureETag), "contentType": .string(contentType), "contentLength": .integer(size),
            "blobType": .string(blobType),
            "url": .string("\(source.blobEndpoint)/\(bucket)/\(PercentEncoding.encode(key, keepingSlash: true))"),
            "sequencer": .string(sequencer), "storageDiagnostics": ["batchId": .string(gridID)],
        ]
        if kind == .deleted {
            data["eTag"] = nil
            data["contentLength"] = nil
        }
        return .object(data)
    }

    private var api: String {
        switch cause {
        case "Copy": "CopyBlob"
        case "CompleteMultipartUpload": "PutBlockList"
        default: kind == .created ? "PutBlob" : "DeleteBlob"
        }
    }
}
