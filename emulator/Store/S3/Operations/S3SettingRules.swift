import Cryptography
import XML

/// What the documents of bucket settings must look like, beyond being well-formed.
enum S3SettingRules {
    static func check(
        _ document: XMLElement, _ setting: S3BucketSetting, of bucket: BucketRecord, in store: ObjectStore
    ) throws {
        switch setting {
        case .lifecycle: try checkLifecycle(document)
        case .ownershipControls: try checkOwnership(document, of: bucket)
        case .objectLock:
            guard bucket.fields["object-lock"] != nil || bucket.versioning == .enabled else {
                throw S3Error(
                    409, "InvalidBucketState",
                    "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
            }
            try checkLock(document)
        case .encryption: try checkEncryption(document)
        case .requestPayment: try require(document["Payer"], oneOf: ["BucketOwner", "Requester"])
        case .accelerate:
            try require(document["Status"], oneOf: ["Enabled", "Suspended"])
            if bucket.name.contains(".") {
                throw S3Error.invalidRequest(
                    "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
            }
        case .logging: try checkLogging(document, in: store)
        case .notification: try S3NotificationRules.check(document)
        case .website: try checkWebsite(document)
        default: break
        }
    }

    /// Adds what AWS adds to a document that lacks it.
    static func complete(_ document: inout XMLElement, _ setting: S3BucketSetting) {
        switch setting {
        case .lifecycle:
            for index in document.children.indices where document.children[index].name == "Rule" {
                if document.children[index]["ID"]?.isEmpty != false {
                    document.children[index].children.removeAll { $0.name == "ID" }
                    document.children[index].children.insert(newID(), at: 0)
                }
            }
        case .notification:
            for index in document.children.indices where document.children[index].name != "EventBridgeConfiguration" {
                if document.children[index]["Id"] == nil {
                    document.children[index].children.insert(newID("Id"), at: 0)
                }
            }
        default: break
        }
    }

    private static func newID(_ name: String = "ID") -> XMLElement {
        XMLElement(name, text: Hex.encode(SecureRandom.bytes(24)))
    }

    private static func require(_ value: String?, oneOf known: [String]) throws(S3Error) {
        guard known.contains(value ?? "") else { throw .malformedXML }
    }

    // MARK: Ownership and object lock

    static let listsForbidOwnership = S3Error(
        400, "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")

    private static func checkOwnership(_ document: XMLElement, of bucket: BucketRecord) throws(S3Error) {
        guard document.all("Rule").count == 1,
            let ownership = document.first("Rule")?["ObjectOwnership"].flatMap(S3Ownership.init)
        else { throw .malformedXML }
        let list = AccessControlList(field: bucket.fields["acl"], owner: bucket.owner)
        if ownership == .enforced && !list.isOnly(bucket.owner) { throw listsForbidOwnership }
    }

    private static func checkLock(_ document: XMLElement) throws(S3Error) {
        guard document["ObjectLockEnabled"] == "Enabled" else { throw .malformedXML }
        guard let rule = document.first("Rule") else { return }
        guard let retention = rule.first("DefaultRetention"),
            let mode = retention["Mode"], mode == "GOVERNANCE" || mode == "COMPLIANCE",
            (retention["Days"] == nil) != (retention["Years"] == nil)
        else { throw .malformedXML }
        guard let period = Int64(retention["Days"] ?? retention["Years"] ?? ""), period > 0 else {
            throw Self.invalidPeriod("Default retention period must be a positive integer value.")
        }
        let longest: Int64 = retention["Days"] == nil ? 100 : 36_500
        if period > longest { throw Self.invalidPeriod("Default retention period is too long: \(period)") }
    }

    private static func invalidPeriod(_ message: String) -> S3Error { S3Error(400, "InvalidRetentionPeriod", message) }

    // MARK: Encryption, logging and websites

    private static func checkEncryption(_ document: XMLElement) throws(S3Error) {
        guard document.all("Rule").count == 1,
            let rule = document.first("Rule")?.first("ApplyServerSideEncryptionByDefault"),
            let algorithm = rule["SSEAlgorithm"], ["AES256", "aws:kms", "aws:kms:dsse"].contains(algorithm)
        else { throw .malformedXML }
        if algorithm == "AES256", let key = rule["KMSMasterKeyID"] {
            throw .invalidArgument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms",
                name: "KMSMasterKeyID", value: key)
        }
    }

    private static func checkLogging(_ document: XMLElement, in store: ObjectStore) throws {
        guard let enabled = document.first("LoggingEnabled") else { return }
        guard let target = enabled["TargetBucket"], enabled["TargetPrefix"] != nil else { throw S3Error.malformedXML }
        guard try store.bucket(target) != nil else {
            throw S3Error(
                400, "InvalidTargetBucketForLogging", "The target bucket for logging does not exist",
                ["TargetBucket": target])
        }
    }

    private static func checkWebsite(_ document: XMLElement) throws(S3Error) {
        if let redirect = document.first("RedirectAllRequestsTo") {
            guard redirect["HostName"]?.isEmpty == false, document.children.count == 1 else { throw .malformedXML }
            return
        }
        guard let index = document.first("IndexDocument") else {
            throw .invalidArgument(
                "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
                name: "IndexDocument", value: "null")
        }
        guard let suffix = index["Suffix"], !suffix.isEmpty, !suffix.contains("/") else {
            throw .invalidArgument("The IndexDocument Suffix is not well formed", name: "IndexDocument")
        }
        if let error = document.first("ErrorDocument"), error["Key"]?.isEmpty != false { throw .malformedXML }
        for rule in document.first("RoutingRules")?.all("RoutingRule") ?? [] {
            guard let redirect = rule.first("Redirect"), !redirect.children.isEmpty else { throw .malformedXML }
            if redirect["ReplaceKeyWith"] != nil && redirect["ReplaceKeyPrefixWith"] != nil {
                throw .invalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
            }
        }
    }

    // MARK: Lifecycle

    private static func checkLifecycle(_ document: XMLElement) throws(S3Error) {
        let rules = document.all("Rule")
        guard !rules.isEmpty, rules.count <= 1000 else { throw .malformedXML }
        var names: Set<String> = []
        for rule in rules {
            guard ["Enabled", "Disabled"].contains(rule["Status"] ?? ""),
                rule["Prefix"] != nil || rule.first("Filter") != nil
            else { throw .malformedXML }
            if let id = rule["ID"], !id.isEmpty {
                if id.count > 255 { throw .invalidArgument("ID length should not exceed allowed limit of 255") }
                guard names.insert(id).inserted else {
                    throw .invalidArgument("Rule ID must be unique. Found same ID for more than one rule")
                }
            }
            try checkActions(rule)
        }
    }

    private static func checkActions(_ rule: XMLElement) throws(S3Error) {
        let actions = [
            "Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition",
            "AbortIncompleteMultipartUpload",
        ]
        guard actions.contains(where: { rule.first($0) != nil }) else {
            throw .invalidRequest("At least one action needs to be specified in a rule")
        }
        let periods = [
            rule.first("NoncurrentVersionExpiration")?["NoncurrentDays"],
            rule.first("AbortIncompleteMultipartUpload")?["DaysAfterInitiation"],
        ]
        for days in periods.compactMap(\.self) where (Int(days) ?? 0) <= 0 {
            throw .invalidArgument("A period of days must be a positive integer", name: "Days", value: days)
        }
        for expiration in rule.all("Expiration") {
            let given = ["Days", "Date", "ExpiredObjectDeleteMarker"].filter { expiration[$0] != nil }
            guard given.count == 1 else { throw .malformedXML }
            if let days = expiration["Days"], (Int(days) ?? 0) <= 0 {
                throw .invalidArgument("'Days' for Expiration action must be a positive integer")
            }
        }
        for transition in rule.all("Transition") + rule.all("NoncurrentVersionTransition") {
            guard transition["StorageClass"] != nil else { throw .malformedXML }
        }
        for date in (rule.all("Expiration") + rule.all("Transition")).compactMap({ $0["Date"] }) {
            guard let moment = HTTPDate.parseISO8601(date) else { throw .malformedXML }
            guard moment % 86_400_000 == 0 else {
                throw .invalidArgument("'Date' must be at midnight GMT", name: "Date", value: date)
            }
        }
    }
}
