/// What is stored beside an object's bytes, and when it may be stored at all.
package struct PutOptions: Hashable, Sendable {
    /// When to refuse.
    package enum Condition: Hashable, Sendable {
        /// Only where nothing is yet (`If-None-Match: *`).
        case ifMissing
        /// Only over the version with this entity tag (`If-Match`).
        case ifMatches(String)
    }

    package var contentType: String
    /// Names are case-insensitive and come back in lower case; letters and digits are safe everywhere: Azure
    /// refuses hyphens, and some servers and proxies drop headers with underscores. Values may be any text.
    package var metadata: [String: String]
    package var cacheControl: String?
    package var condition: Condition?

    package init(
        contentType: String = "application/octet-stream", metadata: [String: String] = [:], cacheControl: String? = nil,
        condition: Condition? = nil
    ) {
        self.contentType = contentType
        self.metadata = metadata
        self.cacheControl = cacheControl
        self.condition = condition
    }
}
