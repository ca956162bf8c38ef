import JSON

extension StoreEvent {
    /// The event in the shape of MinIO's webhook
    /// (https://min.io/docs/minio/linux/administration/monitoring/bucket-notifications.html): the key is query-escaped.
    func minioRecord(configuration: String, from source: EventOrigin) -> JSON {
        var record = s3Record(
            version: "2.0", source: "minio:s3", region: "", name: name, configuration: configuration,
            key: Self.queryEscaped(key, keepingSlash: false))
        record["requestParameters"] = [
            "principalId": .string(principal), "region": "", "sourceIPAddress": .string(caller.peer),
        ]
        record["responseElements"] = [
            "x-amz-id-2": .string(S3Error.hostID), "x-amz-request-id": .string(requestID),
            "x-minio-deployment-id": .string(source.deployment),
            "x-minio-origin-endpoint": .string(source.s3Endpoint),
        ]
        record["source"] = ["host": .string(caller.peer), "port": "", "userAgent": .string(caller.userAgent)]
        return .object(record)
    }

    /// The event as Amazon S3 writes it
    /// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
    func awsRecord(configuration: String, from source: EventOrigin) -> JSON {
        var record = s3Record(
            version: "2.1", source: "aws:s3", region: source.region, name: String(name.dropFirst(3)),
            configuration: configuration, key: Self.queryEscaped(key, keepingSlash: true))
        record["requestParameters"] = ["sourceIPAddress": .string(caller.peer)]
        record["responseElements"] = [
            "x-amz-request-id": .string(requestID), "x-amz-id-2": .string(S3Error.hostID),
        ]
        return .object(record)
    }

    /// What both have in common; MinIO's object says more.
    private func s3Record(
        version: String, source: String, region: String, name: String, configuration: String, key: String
    ) -> JSONObject {
        var object: JSONObject = ["key": .string(key)]
        if kind == .created {
            object["size"] = .integer(size)
            object["eTag"] = .string(etag)
            if source == "minio:s3" {
                object["contentType"] = .string(contentType)
                let type: [(String, JSON)] = [("content-type", .string(contentType))]
                object["userMetadata"] = .object(
                    JSONObject(type + metadata.map { ("X-Amz-Meta-" + $0.name, .string($0.value)) }))
            }
        }
        if let version = self.version { object["versionId"] = .string(version) }
        object["sequencer"] = .string(sequencer)
        return [
            "eventVersion": .string(version), "eventSource": .string(source), "awsRegion": .string(region),
            "eventTime": .string(HTTPDate.iso8601(time)), "eventName": .string(name),
            "userIdentity": ["principalId": .string(principal)], "requestParameters": .null,
            "responseElements": .null,
            "s3": [
                "s3SchemaVersion": "1.0", "configurationId": .string(configuration),
                "bucket": [
                    "name": .string(bucket), "ownerIdentity": ["principalId": .string(principal)],
                    "arn": .string("arn:aws:s3:::" + bucket),
                ],
                "object": .object(object),
            ],
        ]
    }

    /// As Go's `url.QueryEscape` and Java's `URLEncoder` do it: a space is a plus.
    private static func queryEscaped(_ key: String, keepingSlash: Bool) -> String {
        PercentEncoding.encode(key, keepingSlash: keepingSlash).split(
            separator: "%20", omittingEmptySubsequences: false
        )
        .joined(separator: "+")
    }
}
