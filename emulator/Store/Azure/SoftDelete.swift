import XML

/// Whether and how long an account keeps what was deleted, from its service properties.
struct SoftDelete: Sendable {
    /// Days; nil: nothing is kept.
    let days: Int64?

    init(_ reading: some StoreReading, account: String) throws {
        guard let text = try reading.setting(AzureCall.settingName(account)),
            let policy = try XMLElement(parsing: text.utf8).first("DeleteRetentionPolicy"),
            policy["Enabled"]?.lowercased() == "true"
        else {
            days = nil
            return
        }
        days = policy["Days"].flatMap { Int64($0) } ?? 7
    }

    /// Whether a deleted blob or container with these fields is still kept.
    func keeps(_ fields: FieldList, _ now: Int64) -> Bool { remainingDays(fields, now) > 0 }

    func remainingDays(_ fields: FieldList, _ now: Int64) -> Int64 {
        guard let days, let deleted = fields["deleted-time"].flatMap({ Int64($0) }) else { return 0 }
        return days - (now - deleted) / 86_400_000
    }

    /// When it was deleted and how long it stays, as listings say it.
    func write(_ fields: FieldList, _ now: Int64, _ xml: inout XMLWriter) {
        guard let time = fields["deleted-time"].flatMap({ Int64($0) }) else { return }
        xml.element("DeletedTime", HTTPDate.rfc1123(time))
        xml.element("RemainingRetentionDays", String(remainingDays(fields, now)))
    }
}

extension AzureCall {
    /// Brings deleted blobs of this name back: the newest one as current.
    func undeleteBlob() async throws -> HTTPReply {
        let (call, account) = (try detached(), address.account)
        try await store.write { transaction in
            let container = try call.find(transaction)
            let policy = try SoftDelete(transaction, account: account)
            let kept = try transaction.versions(container.id, call.blob).filter {
                $0.kind == .deleted && policy.keeps($0.fields, transaction.now)
            }
            if try transaction.object(container.id, call.blob) != nil { return }
            guard var newest = kept.first else { throw AzureError.blobNotFound }
            try transaction.forgetAside(newest)
            newest.kind = .object
            newest.fields["deleted-time"] = nil
            try transaction.put(newest, replacing: nil)
            try transaction.emit(call.event(.created, "Put", newest))
        }
        return HTTPReply(200)
    }
}
