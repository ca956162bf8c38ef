import NIOHTTP1

/// What a request is about: a bucket and a key in it, from the path or from the host name.
struct S3Address {
    /// Empty: the service itself.
    var bucket: String
    /// Empty: the bucket itself.
    var key: String

    /// - Throws: `InvalidURI` for a path whose percent-encoding does not spell UTF-8.
    init(path: String, host: String?, domains: [String]) throws(S3Error) {
        let host = host.map { Self.withoutPort($0) } ?? ""
        let fromHost = domains.lazy
            .filter { host.utf8.count > $0.utf8.count + 1 && host.hasSuffix("." + $0) }
            .map { String(host.dropLast($0.count + 1)) }
            .filter { !$0.isEmpty && !domains.contains($0 + "." + host.dropFirst($0.count + 1)) }
            .min { $0.count < $1.count }
        let trimmed = path.utf8.first == UInt8(ascii: "/") ? path.dropFirst() : path[...]
        let rawKey: Substring
        if let fromHost, !Self.isServicePrefix(fromHost) {
            bucket = fromHost
            rawKey = trimmed
        } else {
            let slash = trimmed.utf8.firstIndex(of: UInt8(ascii: "/"))
            guard let name = PercentEncoding.strictlyDecode(trimmed[..<(slash ?? trimmed.endIndex)]) else {
                throw Self.invalidURI
            }
            bucket = name
            rawKey = slash.map { trimmed[trimmed.utf8.index(after: $0)...] } ?? ""
        }
        guard let key = PercentEncoding.strictlyDecode(rawKey), !key.utf8.contains(0) else { throw Self.invalidURI }
        self.key = key
        if key.utf8.count > Self.longestKey {
            var error = S3Error.keyTooLong
            error.details = [("Size", String(key.utf8.count)), ("MaxSizeAllowed", String(Self.longestKey))]
            throw error
        }
    }

    /// The bucket without the tenant that clients of Ceph's gateway may put before a name. All names are in one space
    /// here, so whose it is says nothing; no name has a colon of its own.
    var bucketWithoutTenant: String {
        bucket.utf8.lastIndex(of: UInt8(ascii: ":")).map { String(bucket[bucket.utf8.index(after: $0)...]) } ?? bucket
    }

    static let longestKey = 1024

    private static let invalidURI = S3Error(400, "InvalidURI", "Couldn't parse the specified URI.")

    private static func isServicePrefix(_ label: String) -> Bool { label == "s3" || label.hasPrefix("s3.") }

    static func withoutPort(_ host: String) -> String {
        if host.hasPrefix("[") { return String(host.prefix { $0 != "]" }) + "]" }
        return String(host.prefix { $0 != ":" }).lowercased()
    }
}
