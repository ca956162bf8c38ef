import XML

/// What a notification configuration must look like
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html).
enum S3NotificationRules {
    /// The kinds of targets, and the element that names one.
    private static let kinds = [
        "QueueConfiguration": "Queue", "TopicConfiguration": "Topic", "CloudFunctionConfiguration": "CloudFunction",
    ]

    /// - Throws: `MalformedXML`, or `InvalidArgument` for a target, an event or a filter that is none.
    static func check(_ document: XMLElement) throws(S3Error) {
        for entry in document.children where entry.name != "EventBridgeConfiguration" {
            guard let element = kinds[entry.name], let target = entry[element] else { throw .malformedXML }
            guard target.hasPrefix("arn:"), target.split(separator: ":", omittingEmptySubsequences: false).count >= 6
            else { throw .invalidArgument("The ARN could not be parsed", name: element, value: target) }
            let events = entry.all("Event").map(\.text)
            if events.isEmpty { throw .malformedXML }
            if let unknown = events.first(where: { !isEvent($0) }) {
                throw .invalidArgument(
                    "A specified event is not supported for notifications.", name: "Event", value: unknown)
            }
            try checkFilter(entry.first("Filter")?.first("S3Key")?.all("FilterRule") ?? [])
        }
    }

    private static func checkFilter(_ rules: [XMLElement]) throws(S3Error) {
        var seen: Set<String> = []
        for rule in rules {
            let name = rule["Name"]?.lowercased() ?? ""
            guard ["prefix", "suffix"].contains(name) else {
                throw .invalidArgument(
                    "filter rule name must be either prefix or suffix", name: "FilterRule.Name",
                    value: rule["Name"] ?? "")
            }
            guard rule["Value"] != nil else { throw .malformedXML }
            guard seen.insert(name).inserted else {
                throw .invalidArgument(
                    "Cannot specify more than one \(name) rule in a filter.", name: "FilterRule.Name", value: name)
            }
        }
    }

    private static func isEvent(_ name: String) -> Bool {
        let more = ["IntelligentTiering", "ObjectTagging", "ObjectAcl", "LifecycleTransition", "TestEvent"]
        return ListenFilter.isKnown(name) || more.contains { name == "s3:" + $0 || name.hasPrefix("s3:\($0):") }
    }
}
