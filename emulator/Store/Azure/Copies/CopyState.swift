/// What a blob says of the copy that made it.
enum CopyState {
    static let limit: Int64 = 5000 << 20

    /// Begins a copy that is finished already, or is to go on in the background.
    static func begin(_ fields: inout FieldList, id: String, source: String, size: Int64, isPending: Bool, _ now: Int64)
    {
        fields.removeAll("copy-")
        fields["copy-id"] = id
        fields["copy-status"] = isPending ? "pending" : "success"
        fields["copy-source"] = shown(source)
        fields["copy-progress"] = "\(isPending ? 0 : size)/\(size)"
        if !isPending { fields["copy-completion-time"] = HTTPDate.rfc1123(now) }
    }

    /// An address without what would let others read it: of its query only which edition it names stays.
    private static func shown(_ address: String) -> String {
        let parts = address.split(separator: "?", maxSplits: 1)
        let query = parts.dropFirst().first?.split(separator: "&") ?? []
        let kept = query.filter { $0.hasPrefix("snapshot=") || $0.hasPrefix("versionid=") }
        return String(parts.first ?? "") + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
    }

    /// Ends a copy that was pending.
    static func end(_ record: inout ObjectRecord, _ status: String, _ description: String? = nil, at now: Int64) {
        record.fields["copy-status"] = status
        record.fields["copy-status-description"] = description
        record.fields["copy-completion-time"] = HTTPDate.rfc1123(now)
        if status == "success" { record.fields["copy-progress"] = "\(record.size)/\(record.size)" }
    }

    /// The blob that a copy of this id is to make, while it is pending.
    static func pending(_ transaction: Transaction, _ bucket: Int64, _ blob: String, _ id: String) throws
        -> ObjectRecord?
    {
        guard let record = try transaction.object(bucket, blob), record.fields["copy-id"] == id,
            record.fields["copy-status"] == "pending"
        else { return nil }
        return record
    }
}
