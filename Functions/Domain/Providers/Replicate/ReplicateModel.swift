/// Where predictions of a model are created.
struct ReplicateModel: Hashable {
    let path: String
    /// The version for the body; official models and deployments have none.
    let version: String?
    /// Where the model itself is shown; nil for a version alone, which does not say whose it is.
    let page: String?

    /// - Parameter name: `owner/name` of an official model, `owner/name:version`, a version alone (64 hexadecimal digits), or
    ///   `deployments/owner/name`.
    init(_ name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 3 where parts[0] == "deployments":
            page = "/v1/deployments/\(parts[1])/\(parts[2])"
            path = "/v1/deployments/\(parts[1])/\(parts[2])/predictions"
            version = nil
        case 2 where !name.contains(":"):
            page = "/v1/models/\(parts[0])/\(parts[1])"
            path = "/v1/models/\(parts[0])/\(parts[1])/predictions"
            version = nil
        default:
            page = parts.count == 2 ? "/v1/models/\(parts[0])/\(parts[1].prefix { $0 != ":" })" : nil
            path = "/v1/predictions"
            version = name
        }
    }
}
