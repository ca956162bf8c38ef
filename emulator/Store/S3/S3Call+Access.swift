/// Who may do what: a bucket's owner everything, everybody else what the bucket's policy says.
extension S3Call {
    func authorize(_ action: String, key: String? = nil) throws {
        guard let bucket = try store.read({ try $0.bucket(bucketName) }) else {
            // Only somebody with a name learns that there is no such bucket.
            throw user == nil ? S3Error.accessDenied : S3Error.noSuchBucket(bucketName)
        }
        try authorize(action, on: bucket, key: key ?? self.key)
    }

    func authorize(_ action: String, on bucket: BucketRecord, key: String) throws {
        let decision = try bucket.fields["policy"].map { try S3Policy(parsing: $0) }?
            .decide(
                S3Policy.Question(
                    user: user, action: action, bucket: bucket.name, key: key, request: request))
        switch decision {
        case .deny where !(user?.id == bucket.owner && action.hasSuffix("BucketPolicy")): throw S3Error.accessDenied
        case .allow: return
        default: if user?.id != bucket.owner { throw S3Error.accessDenied }
        }
    }
}
