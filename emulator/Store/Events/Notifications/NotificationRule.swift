import XML

/// One wish for events: of a bucket's notification configuration, or of a target's own subscription.
package struct NotificationRule: Sendable {
    /// What events that it asked for say of it (`configurationId`).
    package let name: String
    /// The id of the target that the events go to.
    package let target: String
    private let filter: ListenFilter

    /// - Parameters:
    ///   - bucket: nil: every one.
    ///   - events: names as `s3:ObjectCreated:*` or `Microsoft.Storage.BlobCreated`.
    package init(
        name: String, target: String, bucket: String? = nil, events: [String], prefix: String = "", suffix: String = ""
    ) {
        self.name = name
        self.target = target
        let grid = [
            "Microsoft.Storage.BlobCreated": "s3:ObjectCreated:*",
            "Microsoft.Storage.BlobDeleted": "s3:ObjectRemoved:*",
        ]
        filter = ListenFilter(bucket: bucket, events: events.map { grid[$0] ?? $0 }, prefix: prefix, suffix: suffix)
    }

    /// Whether the event is one of those.
    package func wants(_ event: StoreEvent) -> Bool { filter.matches(event) }

    /// Whether `name` is an event that can be asked for.
    package static func isEvent(_ name: String) -> Bool {
        ListenFilter.isKnown(name) || name == "Microsoft.Storage.BlobCreated" || name == "Microsoft.Storage.BlobDeleted"
    }

    /// The wishes of a configuration document, as the S3 dialect takes it.
    static func all(_ document: XMLElement, bucket: String) -> [NotificationRule] {
        let elements = [
            "QueueConfiguration": "Queue", "TopicConfiguration": "Topic", "CloudFunctionConfiguration": "CloudFunction",
        ]
        return document.children.compactMap { entry in
            guard let element = elements[entry.name], let id = entry[element].flatMap(targetID) else { return nil }
            let rules = entry.first("Filter")?.first("S3Key")?.all("FilterRule") ?? []
            func value(_ name: String) -> String { rules.first { $0["Name"]?.lowercased() == name }?["Value"] ?? "" }
            return NotificationRule(
                name: entry["Id"] ?? "Config", target: id, bucket: bucket, events: entry.all("Event").map(\.text),
                prefix: value("prefix"), suffix: value("suffix"))
        }
    }

    /// The target an ARN names: `arn:minio:sqs:<region>:<id>:webhook`, or the last part of one of AWS.
    static func targetID(_ arn: String) -> String? {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 6, parts[0] == "arn" else { return nil }
        return parts[1] == "minio" ? parts[4] : parts[parts.count - 1]
    }

    /// MinIO's targets are known from the start; a bucket that names another one would wait for nothing.
    static func checkTargets(_ document: XMLElement, known: Set<String>) throws(S3Error) {
        for queue in document.all("QueueConfiguration") {
            let arn = queue["Queue"] ?? ""
            guard arn.hasPrefix("arn:minio:") else { continue }
            guard arn.hasSuffix(":webhook"), let id = targetID(arn), known.contains(id) else {
                throw S3Error(
                    400, "InvalidArgument",
                    "A specified destination ARN does not exist or is not well-formed. Verify the destination ARN.",
                    ["ArgumentName": "Queue", "ArgumentValue": arn])
            }
        }
    }
}

extension ObjectStore {
    /// What the configuration of the event's bucket asks for, as it is now.
    package func notificationRules(for event: StoreEvent) throws -> [NotificationRule] {
        guard let text = try bucket(event.bucket)?.fields["doc:notification"] else { return [] }
        return try NotificationRule.all(XMLElement(parsing: text.utf8), bucket: event.bucket)
    }
}
