/// The name of a model on fal.ai: `owner/app`, a path behind it for one of several endpoints, and before it `workflows` or `comfy`
/// for what is made of models.
struct FalModel: Hashable {
    /// As requests are sent to it.
    let path: String
    /// Where its requests are found: without the endpoint's path.
    let app: String

    private static let namespaces = ["workflows", "comfy"]

    init?(_ name: String) {
        guard let parts = PathSegments.split(name) else { return nil }
        let length = Self.namespaces.contains(parts[0]) ? 3 : 2
        guard parts.count >= length else { return nil }
        path = name
        app = parts.prefix(length).joined(separator: "/")
    }
}
