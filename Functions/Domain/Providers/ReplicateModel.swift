/// Where predictions of a model are created.
struct ReplicateModel: Hashable {
    let path: String
    /// The version for the body; official models have none.
    let version: String?

    /// - Parameter name: `owner/name` of an official model, `owner/name:version`, or a version alone (64 hexadecimal digits).
    init(_ name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, !name.contains(":") {
            path = "/v1/models/\(parts[0])/\(parts[1])/predictions"
            version = nil
        } else {
            path = "/v1/predictions"
            version = name
        }
    }
}
