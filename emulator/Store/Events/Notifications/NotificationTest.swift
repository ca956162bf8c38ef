package import JSON
import XML

/// What S3 posts to a queue or topic that a bucket's notification configuration names, to see whether it takes events
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
package struct NotificationTest: Sendable {
    package let bucket: String
    /// The request that put the configuration.
    package let requestID: String

    package var body: JSON {
        [
            "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": .string(HTTPDate.iso8601(Clock.milliseconds())),
            "Bucket": .string(bucket), "RequestId": .string(requestID), "HostId": .string(S3Error.hostID),
        ]
    }
}

extension S3Call {
    /// Tries each queue and topic of a notification configuration; a function is not tried.
    /// - Throws: `InvalidArgument` where one does not take the test.
    func tryTargets(of document: XMLElement) async throws {
        if request.header("x-amz-skip-destination-validation")?.lowercased() == "true" { return }
        let test = NotificationTest(bucket: bucketName, requestID: request.id)
        for (kind, element) in [("QueueConfiguration", "Queue"), ("TopicConfiguration", "Topic")] {
            for arn in Set(document.all(kind).compactMap { $0[element] }).sorted() {
                guard let id = NotificationRule.targetID(arn) else { continue }
                guard await options.takesTest(id, test) else {
                    throw S3Error.invalidArgument(
                        "Unable to validate the following destination configurations", name: arn,
                        value: "The destination did not take the test event")
                }
            }
        }
    }
}
