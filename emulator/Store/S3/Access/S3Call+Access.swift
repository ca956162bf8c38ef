/// Who may do what: first the bucket's policy, then who owns the thing, then access control lists.
extension S3Call {
    func authorize(_ action: String, requestTags: [(name: String, value: String)]? = nil) throws {
        try authorize(action, on: existingBucket(), key: key, version: requestedVersion(), requestTags: requestTags)
    }

    /// - Parameter version: which version of the object is meant, as ``requestedVersion()`` says it.
    func authorize(
        _ action: String, on bucket: BucketRecord, key: String, version: String?? = .none,
        requestTags: [(name: String, value: String)]? = nil
    ) throws {
        let isOwner = user?.id == bucket.owner
        // The everyday case: nobody but its owner ever had a right in the bucket.
        if isOwner && !bucket.wasShared { return }
        let object = try key.isEmpty ? nil : existing(key, version, in: bucket)
        let block = PublicAccessBlock(bucket)
        let policy = try bucket.fields["policy"].map { text throws(S3Error) in try S3Policy(parsing: text) }
        var question = S3PolicyQuestion(
            user: user, action: Self.name(action, isVersioned: version != .none), bucket: bucket, key: key,
            request: request, tags: object?.fields.all("tag:") ?? [], requestTags: requestTags)
        switch policy?.decide(question) {
        case .deny where !(isOwner && action.hasSuffix("BucketPolicy")): throw S3Error.accessDenied
        case .allow where !(block.restrictsPublicBuckets && policy?.isPublic == true && !isOwner): return
        default: break
        }
        let ownership = S3Ownership(bucket)
        guard let permission = Self.permission(for: action) else {
            if isOwner { return }
            throw S3Error.accessDenied
        }
        let bucketList = AccessControlList(field: bucket.fields["acl"], owner: bucket.owner)
        func allows(_ list: AccessControlList, _ permission: String) -> Bool {
            ownership == .enforced
                ? isOwner : list.allows(permission, to: user, ignoringPublic: block.ignoresPublicACLs)
        }
        if key.isEmpty || permission == "WRITE" {
            // An owner may take every other right away from himself.
            if isOwner && permission.hasSuffix("_ACP") || allows(bucketList, permission) { return }
            throw S3Error.accessDenied
        }
        guard let object else {
            // Whoever may list may know that it is not there.
            question = S3PolicyQuestion(
                user: user, action: "s3:ListBucket", bucket: bucket, key: "", request: request, prefix: key)
            if isOwner || policy?.decide(question) == .allow || allows(bucketList, "READ") { return }
            throw S3Error.accessDenied
        }
        let owner = ownership.owner(of: object, bucketOwner: bucket.owner)
        if user?.id == owner || isOwner && owner == Self.anonymousID { return }
        if !allows(AccessControlList(field: object.fields["acl"], owner: owner), permission) {
            throw S3Error.accessDenied
        }
    }

    private func existing(_ key: String, _ version: String??, in bucket: BucketRecord) throws -> ObjectRecord? {
        try store.read { snapshot in
            guard let version else { return try snapshot.object(bucket.id, key) }
            return try snapshot.version(bucket.id, key, named: version)
        }
    }

    /// Actions on a version have names of their own.
    private static func name(_ action: String, isVersioned: Bool) -> String {
        guard isVersioned else { return action }
        return switch action {
        case "s3:GetObject", "s3:DeleteObject": action + "Version"
        case "s3:GetObjectAcl", "s3:PutObjectAcl", "s3:GetObjectTagging", "s3:PutObjectTagging",
            "s3:DeleteObjectTagging":
            action.replacingObject
        default: action
        }
    }

    /// The permission of an access control list that stands for an action; nil where none does.
    private static func permission(for action: String) -> String? {
        switch action {
        case "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:GetObject",
            "s3:GetObjectTagging":
            "READ"
        case "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts": "WRITE"
        case "s3:GetBucketAcl", "s3:GetObjectAcl": "READ_ACP"
        case "s3:PutBucketAcl", "s3:PutObjectAcl": "WRITE_ACP"
        default: nil
        }
    }

    // MARK: Whose bucket a client expects

    /// Refuses a request whose bucket is not whose it says
    /// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html).
    func checkExpectedOwner(_ header: String = "x-amz-expected-bucket-owner", of bucket: BucketRecord) throws(S3Error) {
        if let expected = request.header(header), expected != bucket.owner { throw .accessDenied }
    }

    // MARK: Access control lists that requests bring

    /// The list a request's headers ask for, as a field; nil where they ask for none.
    func requestedACL(bucket: BucketRecord, owner: String) throws -> String? {
        guard let list = try AccessControlList(request, owner: owner, bucketOwner: bucket.owner, users: options.users)
        else { return nil }
        if S3Ownership(bucket) == .enforced {
            if request.header("x-amz-acl") == "bucket-owner-full-control" && !key.isEmpty { return nil }
            throw Self.listsNotSupported
        }
        try checkACL(list, bucket)
        return list.field
    }

    func checkACL(_ list: AccessControlList, _ bucket: BucketRecord) throws {
        if S3Ownership(bucket) == .enforced, !list.isOnly(bucket.owner) { throw Self.listsNotSupported }
        if PublicAccessBlock(bucket).blocksPublicACLs && list.isPublic { throw S3Error.accessDenied }
    }

    private static let listsNotSupported = S3Error(
        400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
}

extension BucketRecord {
    /// Whether anybody but the owner may ever have had a right in it, and so may own something there.
    var wasShared: Bool { fields["acl"] != nil || fields["policy"] != nil || fields["shared"] != nil }
}

extension String {
    /// `s3:GetObjectVersionAcl` for `s3:GetObjectAcl`.
    fileprivate var replacingObject: String {
        let parts = split(separator: "Object", maxSplits: 1)
        return parts.joined(separator: "ObjectVersion")
    }
}
