import XML

/// Who may do what: first the bucket's policy, then its owner, then access control lists.
extension S3Call {
    func authorize(_ action: String) throws {
        try authorize(action, on: existingBucket(), key: key)
    }

    func authorize(_ action: String, on bucket: BucketRecord, key: String) throws {
        let block = PublicAccessBlock(bucket)
        var version = action
        if request.has("versionId"), !key.isEmpty, ["s3:GetObject", "s3:DeleteObject"].contains(action) {
            version += "Version"
        }
        if let text = bucket.fields["policy"] {
            let policy = try S3Policy(parsing: text)
            let question = S3Policy.Question(
                user: user, action: version, bucket: bucket.name, key: key, request: request)
            switch policy.decide(question) {
            case .deny where !(user?.id == bucket.owner && action.hasSuffix("BucketPolicy")): throw S3Error.accessDenied
            case .allow where !(block.restrictsPublicBuckets && policy.isPublic && user?.id != bucket.owner): return
            default: break
            }
        }
        if let user, user.id == bucket.owner { return }
        guard let permission = Self.permission(for: action) else { throw S3Error.accessDenied }
        let isObject = !key.isEmpty && permission != "WRITE"
        let field: String?
        let owner: String
        if isObject {
            guard let object = try store.read({ try $0.object(bucket.id, key) }) else {
                // Whoever may list may know that it is not there.
                let list = AccessControlList(field: bucket.fields["acl"], owner: bucket.owner)
                if list.allows("READ", to: user, ignoringPublic: block.ignoresPublicACLs) { return }
                throw S3Error.accessDenied
            }
            (field, owner) = (object.fields["acl"], object.fields["owner"] ?? bucket.owner)
            if let user, user.id == owner { return }
        } else {
            (field, owner) = (bucket.fields["acl"], bucket.owner)
        }
        let list = AccessControlList(field: field, owner: owner)
        guard list.allows(permission, to: user, ignoringPublic: block.ignoresPublicACLs) else {
            throw S3Error.accessDenied
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

    /// The list a request's headers ask for, as a field; nil where they ask for none.
    func requestedACL(bucket: BucketRecord, owner: String) throws -> String? {
        guard let list = try AccessControlList(request, owner: owner, bucketOwner: bucket.owner, users: options.users)
        else { return nil }
        try checkACL(list, bucket)
        return list.field
    }

    func checkACL(_ list: AccessControlList, _ bucket: BucketRecord) throws {
        let isPrivate = list.grants.allSatisfy { $0.grantee == .user(bucket.owner) && $0.permission == "FULL_CONTROL" }
        if S3Ownership(bucket) == .enforced, !isPrivate {
            throw S3Error(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
        }
        if PublicAccessBlock(bucket).blocksPublicACLs && list.isPublic { throw S3Error.accessDenied }
    }
}

/// What a bucket's public access block forbids.
struct PublicAccessBlock {
    let blocksPublicACLs: Bool
    let ignoresPublicACLs: Bool
    let blocksPublicPolicy: Bool
    let restrictsPublicBuckets: Bool

    init(_ bucket: BucketRecord) {
        let document = bucket.fields["doc:publicAccessBlock"].flatMap { try? XMLElement(parsing: $0.utf8) }
        func isOn(_ name: String) -> Bool { document?[name]?.lowercased() == "true" }
        blocksPublicACLs = isOn("BlockPublicAcls")
        ignoresPublicACLs = isOn("IgnorePublicAcls")
        blocksPublicPolicy = isOn("BlockPublicPolicy")
        restrictsPublicBuckets = isOn("RestrictPublicBuckets")
    }
}

/// Who owns objects that others put into a bucket.
enum S3Ownership: String {
    case writer = "ObjectWriter"
    case preferred = "BucketOwnerPreferred"
    case enforced = "BucketOwnerEnforced"

    init(_ bucket: BucketRecord) {
        let document = bucket.fields["doc:ownershipControls"].flatMap { try? XMLElement(parsing: $0.utf8) }
        self = document?.first("Rule")?["ObjectOwnership"].flatMap(Self.init) ?? .writer
    }
}
