/// The documents and switches a bucket carries; each is a subresource of it.
enum S3BucketSetting: String, CaseIterable {
    case policy, policyStatus, tagging, versioning, cors, acl, lifecycle, encryption, ownershipControls
    case publicAccessBlock, notification, website, replication, requestPayment, logging, accelerate
    case objectLock = "object-lock"

    /// How actions in policies end.
    var actionName: String {
        switch self {
        case .policy: "BucketPolicy"
        case .policyStatus: "BucketPolicyStatus"
        case .tagging: "BucketTagging"
        case .versioning: "BucketVersioning"
        case .cors: "BucketCORS"
        case .acl: "BucketAcl"
        case .lifecycle: "LifecycleConfiguration"
        case .encryption: "EncryptionConfiguration"
        case .ownershipControls: "BucketOwnershipControls"
        case .publicAccessBlock: "BucketPublicAccessBlock"
        case .notification: "BucketNotification"
        case .website: "BucketWebsite"
        case .replication: "ReplicationConfiguration"
        case .requestPayment: "BucketRequestPayment"
        case .logging: "BucketLogging"
        case .accelerate: "AccelerateConfiguration"
        case .objectLock: "BucketObjectLockConfiguration"
        }
    }

    /// The root element of its document; nil for those that are handled one by one.
    var root: String? {
        switch self {
        case .policy, .policyStatus, .tagging, .versioning, .cors, .acl: nil
        case .lifecycle: "LifecycleConfiguration"
        case .encryption: "ServerSideEncryptionConfiguration"
        case .ownershipControls: "OwnershipControls"
        case .publicAccessBlock: "PublicAccessBlockConfiguration"
        case .notification: "NotificationConfiguration"
        case .website: "WebsiteConfiguration"
        case .replication: "ReplicationConfiguration"
        case .requestPayment: "RequestPaymentConfiguration"
        case .logging: "BucketLoggingStatus"
        case .accelerate: "AccelerateConfiguration"
        case .objectLock: "ObjectLockConfiguration"
        }
    }

    /// What `GET` answers where nothing was put; nil where that is an empty document.
    func missingError(_ bucket: String) -> S3Error? {
        switch self {
        case .lifecycle:
            S3Error(
                404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist",
                ["BucketName": bucket])
        case .encryption:
            S3Error(
                404, "ServerSideEncryptionConfigurationNotFoundError",
                "The server side encryption configuration was not found", ["BucketName": bucket])
        case .ownershipControls:
            S3Error(
                404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found",
                ["BucketName": bucket])
        case .publicAccessBlock:
            S3Error(
                404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found",
                ["BucketName": bucket])
        case .website:
            S3Error(
                404, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration",
                ["BucketName": bucket])
        case .replication:
            S3Error(
                404, "ReplicationConfigurationNotFoundError", "The replication configuration was not found",
                ["BucketName": bucket])
        case .objectLock:
            S3Error(
                404, "ObjectLockConfigurationNotFoundError",
                "Object Lock configuration does not exist for this "
                    + "bucket",
                ["BucketName": bucket])
        case .policy, .policyStatus:
            S3Error(404, "NoSuchBucketPolicy", "The bucket policy does not exist", ["BucketName": bucket])
        case .cors:
            S3Error(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist", ["BucketName": bucket])
        case .tagging: S3Error(404, "NoSuchTagSet", "The TagSet does not exist", ["BucketName": bucket])
        case .versioning, .acl, .notification, .requestPayment, .logging, .accelerate: nil
        }
    }
}
