package import FoundationEssentials

/// A request that whoever holds it may send, until it expires.
package struct PresignedRequest: Hashable, Sendable {
    /// With its signature: as secret as what it opens.
    package let url: String
    /// `GET` or `PUT`.
    package let method: String
    /// What the client must send exactly so. `Content-Length` is left out: clients set it themselves.
    package let headers: [String: String]
    package let expires: Date
}
