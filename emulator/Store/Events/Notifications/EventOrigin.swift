import FoundationEssentials

/// Where events come from, as they say it themselves.
package struct EventOrigin: Sendable {
    package var region: String
    /// The S3 dialect's base URL.
    package var s3Endpoint: String
    /// The Azure Blob dialect's base URL, with the account.
    package var blobEndpoint: String
    /// The name of the storage account.
    package var account: String
    /// One for each store, and the same for all its life.
    package var deployment: String

    package init(
        region: String = "us-east-1", s3Endpoint: String, blobEndpoint: String, account: String, deployment: String
    ) {
        (self.region, self.s3Endpoint, self.blobEndpoint) = (region, s3Endpoint, blobEndpoint)
        (self.account, self.deployment) = (account, deployment)
    }

    /// The account's name in Azure's resource manager.
    package var topic: String {
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/emulator/providers/Microsoft.Storage/"
            + "storageAccounts/\(account)"
    }
}

extension ObjectStore {
    /// The store's own name, drawn at its first use.
    package func deploymentID() async throws -> String {
        try await write { transaction in
            if let id = try transaction.setting("deployment") { return id }
            let id = UUID().uuidString.lowercased()
            try transaction.set("deployment", id)
            return id
        }
    }
}
