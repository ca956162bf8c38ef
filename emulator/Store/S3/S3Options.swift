/// Where the S3 dialect listens and whom it knows.
package struct S3Options: Sendable {
    package var host: String
    /// 0 takes any free port.
    package var port: Int
    /// Everybody with an access key; the first one owns what was made without a user.
    package var users: [StoreUser]
    /// What `GetBucketLocation` answers. Signatures of any region are accepted.
    package var region: String
    /// Host names below which a label is a bucket (`bucket.localhost`).
    package var domains: [String]
    /// Whether who signed what counts; without it everybody is the first user.
    package var checksSignatures = true
    /// Ids of the targets that notification configurations of buckets may name.
    package var notificationTargets: Set<String> = []
    /// Posts a test to the queue or topic of that id, and says whether it was taken.
    package var takesTest: @Sendable (_ target: String, NotificationTest) async -> Bool = { _, _ in true }

    package init(
        host: String = "127.0.0.1", port: Int = 9000, users: [StoreUser] = [.standard], region: String = "us-east-1",
        domains: [String] = ["localhost", "s3.localhost", "s3.localhost.localstack.cloud", "s3.amazonaws.com"]
    ) {
        self.host = host
        self.port = port
        self.users = users
        self.region = region
        self.domains = domains
    }
}
