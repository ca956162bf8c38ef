package import JSON

// Messages and object events are CloudEvents 1.0 (https://github.com/cloudevents/spec) when taken out of their frame.

extension Message where Body == JSON {
    static let cloudEventType = "dev.darkroom.queue.message"

    /// The message as a CloudEvent, as frames carry it.
    package var cloudEvent: JSON {
        [
            "specversion": "1.0", "id": .string(id), "source": .string("/queues/\(queue)"),
            "type": .string(Self.cloudEventType), "time": .string(RFC3339.string(from: enqueuedAt)),
            "datacontenttype": "application/json", "data": body, "queue": .string(queue),
            "attempt": .integer(Int64(attempt)),
        ]
    }

    /// The message that a CloudEvent holds.
    ///
    /// - Throws: ``Failure/Code/invalid`` naming the member that is missing or wrong.
    package init(cloudEvent: JSON) throws(Failure) {
        self.init(
            id: try cloudEvent.member("id"), queue: try cloudEvent.member("queue"),
            attempt: cloudEvent["attempt"]?.int ?? 1, enqueuedAt: try cloudEvent.time(),
            body: cloudEvent["data"] ?? .null)
    }
}

extension StoredObject {
    static let cloudEventTypePrefix = "dev.darkroom.object."

    /// The event as a CloudEvent, as frames carry it.
    package var cloudEvent: JSON {
        var data: JSONObject = [
            "store": .string(store), "bucket": .string(bucket), "key": .string(key), "size": .integer(Int64(size)),
            "etag": .string(etag),
        ]
        data["contentType"] = contentType.map(JSON.string)
        data["metadata"] = .object(JSONObject(metadata.map { ($0.key, .string($0.value)) }))
        return [
            "specversion": "1.0", "id": .string(id), "source": .string("/objects/\(bucket)"),
            "type": .string(Self.cloudEventTypePrefix + event.rawValue), "subject": .string(key),
            "time": .string(RFC3339.string(from: time)), "datacontenttype": "application/json", "data": .object(data),
        ]
    }

    /// The event that a CloudEvent holds.
    ///
    /// - Throws: ``Failure/Code/invalid`` naming the member that is missing or wrong.
    package init(cloudEvent: JSON) throws(Failure) {
        let type = try cloudEvent.member("type")
        guard type.hasPrefix(Self.cloudEventTypePrefix),
            let change = Change(rawValue: String(type.dropFirst(Self.cloudEventTypePrefix.count)))
        else { throw .invalid("must be \(Self.cloudEventTypePrefix)created or ….deleted", field: "type") }
        let data = cloudEvent["data"] ?? .null
        var metadata: [String: String] = [:]
        for member in data["metadata"]?.object ?? [:] { metadata[member.name] = member.value.string }
        self.init(
            id: try cloudEvent.member("id"), event: change, time: try cloudEvent.time(),
            store: data["store"]?.string ?? "s3", bucket: try data.member("bucket"), key: try data.member("key"),
            size: data["size"]?.int ?? 0, etag: data["etag"]?.string ?? "", contentType: data["contentType"]?.string,
            metadata: metadata)
    }
}
