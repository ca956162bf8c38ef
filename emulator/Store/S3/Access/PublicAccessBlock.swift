import XML

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
