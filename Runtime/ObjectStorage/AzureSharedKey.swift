import Cryptography
import HTTPClient

/// Azure's Shared Key authorization
/// (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
struct AzureSharedKey: Sendable {
    let account: String
    let key: [UInt8]

    /// Headers that have a line of their own, in their order.
    private static let standardHeaders = [
        "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
        "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
    ]

    /// Adds `authorization` for everything set before, `content-length` included.
    func sign(_ request: inout StorageRequest) {
        let signature = Base64.encode(HMAC.sha256(stringToSign(request).utf8, key: key))
        request.set("authorization", "SharedKey \(account):\(signature)")
    }

    func stringToSign(_ request: StorageRequest) -> String {
        var lines = [request.method.name]
        for name in Self.standardHeaders {
            let value = request[name] ?? ""
            // Since version 2015-02-21 a length of zero is an empty line.
            lines.append(name == "content-length" && value == "0" ? "" : value)
        }
        lines += request.headers.filter { $0.0.hasPrefix("x-ms-") }
            .sorted { Self.sortKey($0.0).lexicographicallyPrecedes(Self.sortKey($1.0)) }
            .map { "\($0.0):\($0.1)" }
        lines.append("/\(account)\(request.path)")
        var parameters: [String: [String]] = [:]
        for (name, value) in request.query { parameters[name.lowercased(), default: []].append(value) }
        for (name, values) in parameters.sorted(by: { $0.key < $1.key }) {
            lines.append("\(name):\(values.sorted().joined(separator: ","))")
        }
        return lines.joined(separator: "\n")
    }

    /// The service sorts by its culture's rules: among the characters of header names, only the underscore has another
    /// place than in ASCII, before the digits.
    private static func sortKey(_ name: String) -> [UInt8] {
        name.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "!") : $0 }
    }
}
