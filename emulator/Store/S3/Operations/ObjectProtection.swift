import NIOCore
import NIOHTTP1
import XML

/// Access control lists, retention and legal hold of objects.
extension S3Call {
    /// Adds what the headers of an upload say.
    func addProtection(to fields: inout FieldList) throws {
        let bucket = try existingBucket()
        fields["acl"] = try requestedACL(bucket: bucket, owner: Detached(self).owner(in: bucket))
        let mode = request.header("x-amz-object-lock-mode")
        let until = request.header("x-amz-object-lock-retain-until-date")
        let hold = request.header("x-amz-object-lock-legal-hold")
        if mode == nil && until == nil && hold == nil { return }
        if mode != nil || until != nil {
            guard let mode, let until else {
                throw S3Error.invalidArgument(
                    "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
            }
            guard mode == "GOVERNANCE" || mode == "COMPLIANCE" else {
                throw S3Error.invalidArgument(
                    "Unknown wormMode directive.", name: "x-amz-object-lock-mode", value: mode)
            }
            guard HTTPDate.parseISO8601(until) != nil else {
                throw S3Error.invalidArgument(
                    "The retain until date must be provided in ISO 8601 format",
                    name: "x-amz-object-lock-retain-until-date", value: until)
            }
            (fields["lock-mode"], fields["lock-until"]) = try Self.retention(mode, until)
        }
        if let hold {
            guard hold == "ON" || hold == "OFF" else {
                throw S3Error.invalidArgument(
                    "Legal Hold must be either of 'ON' or 'OFF'", name: "x-amz-object-lock-legal-hold", value: hold)
            }
            fields["legal-hold"] = hold
        }
        if bucket.fields["object-lock"] == nil {
            throw S3Error.invalidRequest("Bucket is missing ObjectLockConfiguration")
        }
    }

    private func requireLock(_ bucket: BucketRecord) throws(S3Error) {
        if bucket.fields["object-lock"] == nil { throw .invalidRequest("Bucket is missing Object Lock Configuration") }
    }

    private static func retention(_ mode: String, _ until: String) throws(S3Error) -> (String, String) {
        guard mode == "GOVERNANCE" || mode == "COMPLIANCE" else { throw .malformedXML }
        guard let moment = HTTPDate.parseISO8601(until) else { throw .malformedXML }
        guard moment > Clock.milliseconds() else {
            throw .invalidArgument(
                "The retain until date must be in the future!", name: "x-amz-object-lock-retain-until-date",
                value: until)
        }
        return (mode, String(moment))
    }

    /// Whether a request may pass over governance retention.
    func bypassesGovernance() throws -> Bool {
        guard request.header("x-amz-bypass-governance-retention")?.lowercased() == "true" else { return false }
        try authorize("s3:BypassGovernanceRetention")
        return true
    }

    // MARK: Access control lists

    func getObjectACL() throws -> HTTPReply {
        let (record, bucket) = try store.read { try find($0) }
        let ownership = S3Ownership(bucket)
        let owner = ownership.owner(of: record, bucketOwner: bucket.owner)
        let field = ownership == .enforced ? nil : record.fields["acl"]
        return .xml(AccessControlList(field: field, owner: owner).document(owner: owner, call: self))
    }

    func putObjectACL() async throws -> HTTPReply {
        let (record, bucket) = try store.read { try find($0) }
        let owner = S3Ownership(bucket).owner(of: record, bucketOwner: bucket.owner)
        var field = try requestedACL(bucket: bucket, owner: owner)
        if field == nil {
            let list = try AccessControlList(await document(), users: options.users)
            try checkACL(list, bucket)
            field = list.field
        }
        let final = field
        return try await changeVersion { record, _ in record.fields["acl"] = final }
    }

    // MARK: Retention and legal hold

    func getObjectRetention() throws -> HTTPReply {
        let (record, bucket) = try store.read { try find($0) }
        try requireLock(bucket)
        let lock = ObjectLock(record.fields)
        guard let mode = lock.mode else { throw Self.noLock }
        var xml = XMLWriter()
        xml.element("Retention", s3Namespace) { xml in
            xml.element("Mode", mode)
            xml.element("RetainUntilDate", HTTPDate.iso8601(lock.until))
        }
        return .xml(xml)
    }

    func putObjectRetention() async throws -> HTTPReply {
        try requireLock(existingBucket())
        let bypass = try bypassesGovernance()
        let document = try await document()
        guard document.name == "Retention", let mode = document["Mode"], let until = document["RetainUntilDate"] else {
            throw S3Error.malformedXML
        }
        let (newMode, newUntil) = try Self.retention(mode, until)
        return try await changeVersion { record, now in
            let lock = ObjectLock(record.fields)
            let isWeaker = (Int64(newUntil) ?? 0) < lock.until || newMode != lock.mode
            if lock.isRetained(now), isWeaker, !(lock.mode == "GOVERNANCE" && bypass) {
                throw S3Error(403, "AccessDenied", "Access Denied because object protected by object lock.")
            }
            (record.fields["lock-mode"], record.fields["lock-until"]) = (newMode, newUntil)
        }
    }

    func getObjectLegalHold() throws -> HTTPReply {
        let (record, bucket) = try store.read { try find($0) }
        try requireLock(bucket)
        guard let hold = record.fields["legal-hold"] else { throw Self.noLock }
        var xml = XMLWriter()
        xml.element("LegalHold", s3Namespace) { $0.element("Status", hold) }
        return .xml(xml)
    }

    func putObjectLegalHold() async throws -> HTTPReply {
        try requireLock(existingBucket())
        let document = try await document()
        guard document.name == "LegalHold", let status = document["Status"], status == "ON" || status == "OFF" else {
            throw S3Error.malformedXML
        }
        return try await changeVersion { record, _ in record.fields["legal-hold"] = status }
    }

    private static let noLock = S3Error(
        404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")

    /// Changes the fields of the version a request names.
    func changeVersion(
        _ body: @escaping @Sendable (inout ObjectRecord, Int64) throws -> Void
    ) async throws -> HTTPReply {
        let (call, key, version) = (Detached(self), key, requestedVersion())
        let (record, bucket) = try await store.write { transaction in
            let bucket = try call.bucket(transaction)
            let current = try transaction.object(bucket.id, key)
            let found = try version.map { try transaction.version(bucket.id, key, named: $0) } ?? current
            guard var record = found, record.kind == .object else {
                throw version.map { S3Error.noSuchVersion(key, $0 ?? "null") } ?? S3Error.noSuchKey(key)
            }
            try body(&record, transaction.now)
            try transaction.update(record, isCurrent: record.version == current?.version)
            return (record, bucket)
        }
        var headers = HTTPHeaders()
        ObjectHeaders.addVersion(record, bucket, to: &headers)
        return HTTPReply(200, headers)
    }
}
