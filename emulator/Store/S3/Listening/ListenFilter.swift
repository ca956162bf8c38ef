/// Which events a listener asked for.
struct ListenFilter: Sendable {
    /// Nil: every bucket.
    var bucket: String?
    /// Names as `s3:ObjectCreated:*`.
    var events: [String]
    var prefix = ""
    var suffix = ""

    /// Whether `name` is an event that can be asked for; many of MinIO's never happen here, and may be named.
    static func isKnown(_ name: String) -> Bool {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        let kinds: Set<Substring> = [
            "ObjectCreated", "ObjectRemoved", "ObjectAccessed", "ObjectRestore", "ObjectTransition", "ObjectTagging",
            "ObjectAcl", "Replication", "Scanner", "LifecycleExpiration", "BucketCreated", "BucketRemoved",
            "ReducedRedundancyLostObject",
        ]
        return (2...3).contains(parts.count) && parts[0] == "s3" && kinds.contains(parts[1])
    }

    func matches(_ event: StoreEvent) -> Bool {
        if let bucket, bucket != event.bucket { return false }
        return event.key.utf8.starts(with: prefix.utf8)
            && event.key.utf8.reversed().starts(with: suffix.utf8.reversed())
            && events.contains { Wildcard.matches($0, event.name) }
    }
}
