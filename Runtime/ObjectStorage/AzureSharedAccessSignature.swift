import Cryptography
import FoundationEssentials

/// A service shared access signature for one blob
/// (https://learn.microsoft.com/rest/api/storageservices/create-service-sas).
struct AzureSharedAccessSignature: Hashable, Sendable {
    /// Letters in the order the service wants: `r` read, `c` create, `w` write.
    var permissions: String
    var expires: Date
    var allowsOnlyHTTPS: Bool
    var cacheControl: String?
    var contentDisposition: String?
    var contentType: String?

    /// The version of the signature's format.
    static let version = "2021-12-02"

    func stringToSign(account: String, container: String, blob: String) -> String {
        [
            permissions, "", UTCTime(expires).extended, "/blob/\(account)/\(container)/\(blob)",
            "",  // stored access policy
            "",  // addresses
            allowsOnlyHTTPS ? "https" : "", Self.version, "b",
            "",  // snapshot
            "",  // encryption scope
            cacheControl ?? "", contentDisposition ?? "",
            "",  // content encoding
            "",  // content language
            contentType ?? "",
        ].joined(separator: "\n")
    }

    /// What goes into the URL.
    func query(account: String, key: [UInt8], container: String, blob: String) -> [(String, String)] {
        let text = stringToSign(account: account, container: container, blob: blob)
        let parameters: [(String, String?)] = [
            ("sp", permissions), ("se", UTCTime(expires).extended), ("spr", allowsOnlyHTTPS ? "https" : nil),
            ("sv", Self.version), ("sr", "b"), ("rscc", cacheControl), ("rscd", contentDisposition),
            ("rsct", contentType), ("sig", Base64.encode(HMAC.sha256(text.utf8, key: key))),
        ]
        return parameters.compactMap { name, value in value.map { (name, $0) } }
    }
}
