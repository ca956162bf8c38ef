/// Keys whose versions a bucket does not keep although it keeps versions: an extension of MinIO's
/// (https://min.io/docs/minio/linux/administration/object-management/object-versioning.html).
extension BucketRecord {
    private static let foldersField = "unversioned-folders"
    private static let prefixField = "unversioned:"

    /// Whether keys that end in a slash are among them.
    var excludesFolders: Bool {
        get { fields[Self.foldersField] != nil }
        set { fields[Self.foldersField] = newValue ? "true" : nil }
    }

    /// What the others begin with; `*` stands for anything.
    var excludedPrefixes: [String] {
        get { fields.all(Self.prefixField).map(\.name) }
        set { fields.replaceAll(Self.prefixField, with: newValue.map { ($0, "") }) }
    }

    /// How what stands at `key` is overwritten or deleted: where its versions are not kept, as if they were suspended.
    func versioning(of key: String) -> Versioning {
        guard versioning == .enabled else { return versioning }
        let isExcluded =
            excludesFolders && key.utf8.last == UInt8(ascii: "/")
            || excludedPrefixes.contains { Wildcard.matches($0 + "*", key) }
        return isExcluded ? .suspended : .enabled
    }
}
