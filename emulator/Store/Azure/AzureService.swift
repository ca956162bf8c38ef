import NIOHTTP1

/// One of the services of a storage account; each has a port of its own, and all share accounts and signatures.
enum AzureService: String, Sendable {
    case blob, queue

    /// How signatures name it.
    var letter: Character { self == .blob ? "b" : "q" }

    /// What it calls itself in answers.
    var serverName: String {
        self == .blob
            ? "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0" : "Windows-Azure-Queue/1.0 Microsoft-HTTPAPI/2.0"
    }

    /// Under which name the store keeps an account's properties for it.
    func settingName(_ account: String) -> String {
        (self == .blob ? "azure-properties:" : "azure-queue-properties:") + account
    }
}

extension HTTPReply {
    /// The headers that every answer of a storage account has.
    mutating func addAccountHeaders(_ request: HTTPRequest, _ service: AzureService) {
        headers.replaceOrAdd(name: "Server", value: service.serverName)
        headers.replaceOrAdd(name: "x-ms-request-id", value: AzureResponder.requestID(request.id))
        // Newer versions than are known here are served as they come.
        headers.replaceOrAdd(
            name: "x-ms-version", value: request.header("x-ms-version") ?? request.parameter("sv") ?? "2021-12-02")
        if let client = request.header("x-ms-client-request-id"), client.utf8.count <= 1024 {
            headers.replaceOrAdd(name: "x-ms-client-request-id", value: client)
        }
        headers.replaceOrAdd(name: "Date", value: HTTPDate.rfc1123(Clock.milliseconds()))
    }
}
