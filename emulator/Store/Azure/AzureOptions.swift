/// Where the Azure dialect listens and which storage accounts there are.
package struct AzureOptions: Sendable {
    /// A storage account: its name, and its key in base64.
    package struct Account: Sendable, Hashable {
        package var name: String
        package var key: String

        package init(name: String, key: String) {
            self.name = name
            self.key = key
        }

        /// The account every Azure tool knows by heart, with its published key; not a secret.
        package static let standard = Account(
            name: "devstoreaccount1",
            key: "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
    }

    package var host: String
    /// 0 takes any free port.
    package var port: Int
    /// The first one shares its containers with the S3 dialect's buckets.
    package var accounts: [Account]
    /// Whether who signed what counts; without it everybody is the account's owner.
    package var checksSignatures = true
    /// Whether containers that are made keep every version of their blobs, as a storage account does that has versioning
    /// on.
    package var keepsVersions = false

    /// Whether Redis is told to have what the queue service writes on disk before it answers. From the first such write on
    /// it holds for all that this Redis writes (`appendfsync always`): only for a Redis of one's own.
    package var syncsQueues = false

    package init(host: String = "127.0.0.1", port: Int = 10000, accounts: [Account] = [.standard]) {
        self.host = host
        self.port = port
        self.accounts = accounts
    }
}
