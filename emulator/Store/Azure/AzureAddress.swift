/// What a request is about: an account, a container (a queue) in it, a blob (the messages, a message) in that.
struct AzureAddress {
    var account: String
    /// Empty: the account itself.
    var container: String
    /// Empty: the container itself.
    var blob: String
    /// Asked through the read-only secondary endpoint.
    var isSecondary = false

    init(
        _ request: HTTPRequest, accounts: [AzureOptions.Account], service: AzureService = .blob
    ) throws(AzureError) {
        let host = S3Address.withoutPort(request.header("host") ?? "")
        var parts = request.rawPath.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst()
        let label = host.split(separator: ".").first.map(String.init) ?? ""
        let plain = label.hasSuffix("-secondary") ? String(label.dropLast(10)) : label
        if host.contains("."), accounts.contains(where: { $0.name == plain }) {
            account = label
            parts = request.rawPath.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).dropFirst()
        } else {
            guard let first = parts.popFirst(), !first.isEmpty, let name = PercentEncoding.strictlyDecode(first) else {
                throw AzureError(
                    400, "InvalidUri",
                    "The requested URI does not represent any resource on the "
                        + "server.")
            }
            account = name
        }
        if account.hasSuffix("-secondary") {
            account = String(account.dropLast(10))
            isSecondary = true
        }
        guard let container = PercentEncoding.strictlyDecode(parts.popFirst() ?? ""),
            let blob = PercentEncoding.strictlyDecode(parts.popFirst() ?? ""), !blob.utf8.contains(0)
        else { throw .invalidResourceName }
        // As Azure does: both slashes are the same to it.
        (self.container, self.blob) = (container, String(blob.map { $0 == "\\" ? "/" : $0 }))
        if service == .blob, blob.isEmpty, !container.isEmpty, request.parameter("restype") == nil {
            // One name and no word of a container: a blob in the root container.
            (self.container, self.blob) = ("$root", container)
        }
        if self.blob.utf8.count > 4096 { throw .invalidResourceName }
    }
}
