import XML

/// What the documents of bucket settings must look like, beyond being well-formed.
enum S3SettingRules {
    static func check(_ document: XMLElement, _ setting: S3BucketSetting, isLocked: Bool) throws(S3Error) {
        switch setting {
        case .lifecycle: try checkLifecycle(document)
        case .ownershipControls:
            guard let value = document.first("Rule")?["ObjectOwnership"], S3Ownership(rawValue: value) != nil else {
                throw .malformedXML
            }
        case .objectLock:
            guard isLocked else {
                throw S3Error(
                    409, "InvalidBucketState", "Object Lock configuration cannot be enabled on existing buckets")
            }
            try checkLock(document)
        case .encryption:
            guard let rule = document.first("Rule")?.first("ApplyServerSideEncryptionByDefault"),
                let algorithm = rule["SSEAlgorithm"], algorithm == "AES256" || algorithm.hasPrefix("aws:kms")
            else { throw .malformedXML }
        case .requestPayment:
            guard ["BucketOwner", "Requester"].contains(document["Payer"] ?? "") else { throw .malformedXML }
        default: break
        }
    }

    private static func checkLock(_ document: XMLElement) throws(S3Error) {
        guard document["ObjectLockEnabled"] == "Enabled" else { throw .malformedXML }
        guard let rule = document.first("Rule") else { return }
        guard let retention = rule.first("DefaultRetention"),
            let mode = retention["Mode"], mode == "GOVERNANCE" || mode == "COMPLIANCE",
            (retention["Days"] == nil) != (retention["Years"] == nil)
        else { throw .malformedXML }
        guard let period = Int64(retention["Days"] ?? retention["Years"] ?? ""), period > 0 else {
            throw .invalidArgument("Default retention period must be a positive integer value.")
        }
    }

    private static func checkLifecycle(_ document: XMLElement) throws(S3Error) {
        let rules = document.all("Rule")
        guard !rules.isEmpty, rules.count <= 1000 else { throw .malformedXML }
        var names: Set<String> = []
        for rule in rules {
            guard ["Enabled", "Disabled"].contains(rule["Status"] ?? "") else { throw .malformedXML }
            if let id = rule["ID"], !id.isEmpty {
                if id.count > 255 { throw .invalidArgument("ID length should not exceed allowed limit of 255") }
                guard names.insert(id).inserted else {
                    throw .invalidArgument("Rule ID must be unique. Found same ID for more than one rule")
                }
            }
            let periods = [
                rule.first("NoncurrentVersionExpiration")?["NoncurrentDays"],
                rule.first("AbortIncompleteMultipartUpload")?["DaysAfterInitiation"],
            ]
            for days in periods.compactMap(\.self) where (Int(days) ?? 0) <= 0 {
                throw .invalidArgument("A period of days must be a positive integer", name: "Days", value: days)
            }
            for expiration in rule.all("Expiration") {
                if let days = expiration["Days"], (Int(days) ?? 0) <= 0 {
                    throw .invalidArgument("'Days' for Expiration action must be a positive integer")
                }
                if let date = expiration["Date"], HTTPDate.parseISO8601(date) == nil { throw .malformedXML }
            }
        }
    }
}
