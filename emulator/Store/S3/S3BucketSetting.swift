/// The documents and switches a bucket carries; each is a subresource of it.
enum S3BucketSetting: String, CaseIterable {
    case policy, tagging, versioning, cors

    /// Subresources that are refused with `NotImplemented`, as MinIO refuses them.
    static let missing = [
        "accelerate", "acl", "analytics", "encryption", "intelligent-tiering", "inventory", "lifecycle", "logging",
        "metrics", "notification", "object-lock", "ownershipControls", "policyStatus", "publicAccessBlock",
        "replication", "requestPayment", "website",
    ]

    /// How actions in policies end.
    var actionName: String {
        switch self {
        case .policy: "BucketPolicy"
        case .tagging: "BucketTagging"
        case .versioning: "BucketVersioning"
        case .cors: "BucketCORS"
        }
    }
}
