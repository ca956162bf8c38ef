import JSON

extension StoreEvent {
    /// As notifications name it.
    var name: String { (kind == .created ? "s3:ObjectCreated:" : "s3:ObjectRemoved:") + cause }

    /// The event in the shape of MinIO's Listen stream, where the key is not escaped
    /// (https://min.io/docs/minio/linux/administration/monitoring/bucket-notifications.html).
    ///
    /// - Parameter endpoint: the address that clients reach the store by.
    func record(region: String, endpoint: String, peer: String, userAgent: String) -> JSON {
        var object: JSONObject = ["key": .string(key)]
        if kind == .created {
            object["size"] = .integer(size)
            object["eTag"] = .string(etag)
            object["contentType"] = .string(contentType)
            let known: [(String, JSON)] = [("content-type", .string(contentType))]
            object["userMetadata"] = .object(
                JSONObject(known + metadata.map { ("X-Amz-Meta-" + $0.name, .string($0.value)) }))
        }
        if let version { object["versionId"] = .string(version) }
        object["sequencer"] = .string(sequencer)
        return [
            "eventVersion": "2.0", "eventSource": "minio:s3", "awsRegion": .string(region),
            "eventTime": .string(HTTPDate.iso8601(time)), "eventName": .string(name),
            "userIdentity": ["principalId": .string(principal)],
            "requestParameters": [
                "principalId": .string(principal), "region": .string(region), "sourceIPAddress": .string(peer),
            ],
            "responseElements": [
                "x-amz-id-2": .string(S3Error.hostID), "x-amz-request-id": .string(requestID),
                "x-minio-origin-endpoint": .string(endpoint),
            ],
            "s3": [
                "s3SchemaVersion": "1.0", "configurationId": "Config",
                "bucket": [
                    "name": .string(bucket), "ownerIdentity": ["principalId": .string(principal)],
                    "arn": .string("arn:aws:s3:::" + bucket),
                ],
                "object": .object(object),
            ],
            "source": ["host": .string(peer), "port": "", "userAgent": .string(userAgent)],
        ]
    }
}
