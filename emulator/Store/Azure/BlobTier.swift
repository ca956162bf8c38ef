import NIOHTTP1
import XML

/// The access tier of a blob, and its way back from the archive
/// (https://learn.microsoft.com/azure/storage/blobs/archive-rehydrate-overview).
///
/// Fetching a blob from the archive takes Azure hours. Here it takes seconds: long enough for a client to see that it is
/// under way, short enough to wait for in a test.
struct BlobTier {
    static let blockTiers: Set<String> = ["Hot", "Cool", "Cold", "Archive", "Smart"]
    static let pageTiers: Set<String> = [
        "P4", "P6", "P10", "P15", "P20", "P30", "P40", "P50", "P60", "P70", "P80",
    ]
    static let all = blockTiers.union(pageTiers)
    /// Milliseconds.
    private static let rehydration: [String: Int64] = ["High": 5_000, "Standard": 15_000]

    /// What was set; nil: nothing.
    private let name: String?
    /// Where a blob in the archive is on its way to.
    private let target: String?
    private let priority: String
    /// Milliseconds since 1970.
    private let changed: Int64?

    init(_ fields: FieldList, now: Int64 = Clock.milliseconds()) {
        changed = fields["tier-time"].flatMap { Int64($0) }
        priority = fields["tier-priority"] ?? "Standard"
        let wanted = fields["tier-target"]
        let isThere = now >= (changed ?? 0) + (Self.rehydration[priority] ?? 0)
        name = wanted != nil && isThere ? wanted : fields["tier"]
        target = isThere ? nil : wanted
    }

    var isArchived: Bool { name == "Archive" }

    /// The rehydration that is under way.
    private var archiveStatus: String? { target.map { "rehydrate-pending-to-" + $0.lowercased() } }

    /// A tier as it is written, from a name in any case.
    static func canonical(_ name: String) -> String? { all.first { $0.lowercased() == name.lowercased() } }

    /// The priority that a request names.
    static func priority(_ request: HTTPRequest) throws(AzureError) -> String? {
        guard let text = request.header("x-ms-rehydrate-priority") else { return nil }
        guard let known = rehydration.keys.first(where: { $0.lowercased() == text.lowercased() }) else {
            throw .invalidHeader("x-ms-rehydrate-priority", text)
        }
        return known
    }

    static func set(_ tier: String, priority: String?, _ record: inout ObjectRecord, _ now: Int64) throws(AzureError) {
        let fits = record.blobType == "BlockBlob" ? blockTiers : record.blobType == "PageBlob" ? pageTiers : []
        guard fits.contains(tier) else {
            if record.blobType == "AppendBlob" { throw .invalidBlobType }
            throw AzureError(
                409, "InvalidBlobTier", "The access tier \(tier) is not one of a \(record.blobType)'s.")
        }
        let current = BlobTier(record.fields, now: now)
        if current.target != nil, tier != current.target {
            throw AzureError(
                409, "BlobBeingRehydrated", "This operation is not permitted because the blob is being rehydrated.")
        }
        if current.isArchived, tier != "Archive" {
            record.fields["tier-target"] = tier
            record.fields["tier-priority"] = priority ?? record.fields["tier-priority"] ?? "Standard"
            if current.target == nil { record.fields["tier-time"] = String(now) }
            return
        }
        record.fields["tier"] = tier
        (record.fields["tier-target"], record.fields["tier-priority"]) = (nil, nil)
        record.fields["tier-time"] = String(now)
    }

    /// The tier of a blob for which none was set; a page blob's follows from its size
    /// (https://learn.microsoft.com/azure/virtual-machines/disks-types).
    private static func inferred(_ record: ObjectRecord) -> String? {
        switch record.blobType {
        case "BlockBlob": return "Hot"
        case "PageBlob":
            let limits: [(gibibytes: Int64, tier: String)] = [
                (128, "P10"), (256, "P15"), (512, "P20"), (1024, "P30"), (2048, "P40"), (4096, "P50"),
            ]
            return limits.first { record.size <= $0.gibibytes << 30 }?.tier ?? "P60"
        default: return nil
        }
    }

    static func show(_ record: ObjectRecord, in headers: inout HTTPHeaders) {
        let tier = BlobTier(record.fields)
        guard let name = tier.name ?? inferred(record) else { return }
        headers.add(name: "x-ms-access-tier", value: name)
        headers.add(name: "x-ms-access-tier-inferred", value: tier.name == nil ? "true" : "false")
        if let changed = tier.changed {
            headers.add(name: "x-ms-access-tier-change-time", value: HTTPDate.rfc1123(changed))
        }
        guard let status = tier.archiveStatus else { return }
        headers.add(name: "x-ms-archive-status", value: status)
        headers.add(name: "x-ms-rehydrate-priority", value: tier.priority)
    }

    static func write(_ record: ObjectRecord, _ xml: inout XMLWriter) {
        let tier = BlobTier(record.fields)
        guard let name = tier.name ?? inferred(record) else { return }
        xml.element("AccessTier", name)
        if tier.name == nil { xml.element("AccessTierInferred", "true") }
        if let changed = tier.changed { xml.element("AccessTierChangeTime", HTTPDate.rfc1123(changed)) }
        guard let status = tier.archiveStatus else { return }
        xml.element("ArchiveStatus", status)
        xml.element("RehydratePriority", tier.priority)
    }
}
