/// Paths that come from outside and become a part of an address: they lead nowhere but down.
enum PathSegments {
    /// - Returns: nil when the path is empty, goes up, or has a character that means something in an address.
    static func split(_ path: String) -> [String]? {
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
