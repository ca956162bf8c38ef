/// The name of a model on fal.ai: `owner/app`, a path behind it for one of several endpoints, and before it `workflows` or `comfy`
/// for what is made of models.
struct FalModel: Hashable {
    /// As requests are sent to it.
    let path: String
    /// Where its requests are found: without the endpoint's path.
    let app: String

    private static let namespaces = ["workflows", "comfy"]

    init?(_ name: String) {
        guard let parts = Self.segments(name) else { return nil }
        let length = Self.namespaces.contains(parts[0]) ? 3 : 2
        guard parts.count >= length else { return nil }
        path = name
        app = parts.prefix(length).joined(separator: "/")
    }

    /// The segments of a path that leads nowhere but down; nil when it is none.
    static func segments(_ path: String) -> [String]? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && !part.allSatisfy { $0 == "." }
                && part.utf8.allSatisfy {
                    UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                        || "-._~".utf8.contains($0)
                }
        }
        return isPlain ? parts : nil
    }
}
