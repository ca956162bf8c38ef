import XML

/// Whether and how long an account keeps what was deleted or overwritten, from its service properties
/// (https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview).
struct SoftDelete: Sendable {
    /// Days; nil: nothing is kept.
    let days: Int64?

    init(_ reading: some StoreReading, account: String) throws {
        guard let text = try reading.setting(AzureService.blob.settingName(account)),
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

    /// What was said when it was deleted holds, whatever is said now.
    func remainingDays(_ fields: FieldList, _ now: Int64) -> Int64 {
        func number(_ name: String) -> Int64? { fields[name].flatMap { Int64($0) } }
        guard let deleted = number("deleted-time"), let days = number("deleted-days") ?? days else { return 0 }
        return days - (now - deleted) / 86_400_000
    }

    /// Marks what is deleted now, or, with nil, what is there again.
    func mark(_ fields: inout FieldList, deletedAt time: Int64?) {
        fields["deleted-time"] = time.map { String($0) }
        fields["deleted-days"] = time == nil ? nil : days.map { String($0) }
    }

    /// When it was deleted and how long it stays, as listings say it.
    func write(_ fields: FieldList, _ now: Int64, _ xml: inout XMLWriter) {
        guard let time = fields["deleted-time"].flatMap({ Int64($0) }) else { return }
        xml.element("DeletedTime", HTTPDate.rfc1123(time))
        xml.element("RemainingRetentionDays", String(remainingDays(fields, now)))
    }

    // MARK: Keeping

    /// Keeps a blob that is about to be deleted, where the account wants that. Whether it was kept.
    func keepDeleted(_ record: ObjectRecord, _ transaction: Transaction) throws -> Bool {
        guard days != nil else { return false }
        var kept = record
        kept.kind = .deleted
        try keep(&kept, transaction)
        return true
    }

    /// Keeps what is about to be overwritten, as a deleted snapshot.
    func keepOverwritten(_ record: ObjectRecord, _ transaction: Transaction) throws {
        guard days != nil else { return }
        var kept = record
        (kept.kind, kept.version) = (.deletedSnapshot, transaction.draw())
        kept.versionName = HTTPDate.ticks(transaction.now, fraction: kept.version % 10_000)
        try keep(&kept, transaction)
    }

    private func keep(_ record: inout ObjectRecord, _ transaction: Transaction) throws {
        mark(&record.fields, deletedAt: transaction.now)
        record.fields.removeAll("lease-")
        try transaction.retain(record.segments)
        try transaction.insertAside(record)
    }

    /// Removes a snapshot; it is kept where the account wants that.
    func remove(snapshot: ObjectRecord, _ transaction: Transaction) throws {
        guard days != nil else { return try transaction.removeAside(snapshot) }
        var kept = snapshot
        kept.kind = .deletedSnapshot
        mark(&kept.fields, deletedAt: transaction.now)
        try transaction.update(kept, isCurrent: false)
    }

    /// A deleted blob whose name is taken again becomes a deleted snapshot of the new one.
    static func demoteDeleted(_ bucket: Int64, _ blob: String, _ transaction: Transaction) throws {
        for record in try transaction.versions(bucket, blob) where record.kind == .deleted {
            var snapshot = record
            snapshot.kind = .deletedSnapshot
            snapshot.versionName = HTTPDate.ticks(transaction.now, fraction: record.version % 10_000)
            try transaction.update(snapshot, isCurrent: false)
        }
    }
}

extension AzureCall {
    /// Brings back what of this name was deleted: its snapshots, and the blob itself where there is none now.
    func undeleteBlob() async throws -> HTTPReply {
        let call = try detached()
        try await store.write { transaction in
            let container = try call.find(transaction)
            let policy = try SoftDelete(transaction, account: call.account)
            let all = try transaction.versions(container.id, call.blob)
            let kept = all.filter { policy.keeps($0.fields, transaction.now) }
            let exists = try transaction.object(container.id, call.blob) != nil
            let newest = exists ? nil : kept.first { $0.kind == .deleted }
            guard exists || newest != nil else { throw AzureError.blobNotFound }
            for var snapshot in kept where snapshot.kind == .deletedSnapshot {
                snapshot.kind = .snapshot
                policy.mark(&snapshot.fields, deletedAt: nil)
                try transaction.update(snapshot, isCurrent: false)
            }
            guard var newest else { return }
            try transaction.forgetAside(newest)
            newest.kind = .object
            policy.mark(&newest.fields, deletedAt: nil)
            try transaction.put(newest, replacing: nil)
            try transaction.emit(call.event(.created, "Put", newest))
        }
        return HTTPReply(200)
    }
}
