import GRDB
import NIOHTTP1

/// Containers that were deleted and are kept for a while: rows of the bucket table under a namespace of their own.
///
/// Azure sets their retention apart from the blobs', at the account's management endpoint; there is none here, so the
/// blobs' delete retention policy holds for containers too
/// (https://learn.microsoft.com/azure/storage/blobs/soft-delete-container-overview).
struct DeletedContainers {
    /// What no account is called.
    let namespace: String

    init(of namespace: String) { self.namespace = "deleted:" + namespace }

    /// The row's name: `!` sorts before everything a container's name holds, so that the rows of one name stand together.
    static func rowName(_ name: String, version: String) -> String { "\(name)!\(version)" }

    static func parts(_ rowName: String) -> (name: String, version: String) {
        let parts = rowName.split(separator: "!", maxSplits: 1).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }

    /// Takes a container out of sight.
    func keep(_ container: BucketRecord, by policy: SoftDelete, _ transaction: Transaction) throws {
        var container = container
        let version = String(transaction.draw(), radix: 16, uppercase: true)
        container.fields.removeAll("lease-")
        policy.mark(&container.fields, deletedAt: transaction.now)
        try transaction.update(container)
        try transaction.rename(container, to: Self.rowName(container.name, version: version), account: namespace)
    }

    /// Lets those go whose time is over.
    func purge(_ policy: SoftDelete, at now: Int64, _ transaction: Transaction) throws {
        for container in try transaction.buckets(account: namespace, limit: 5000)
        where !policy.keeps(container.fields, now) {
            try transaction.delete(container)
        }
    }
}

extension Transaction {
    fileprivate func rename(_ bucket: BucketRecord, to name: String, account: String) throws {
        effects.changesBucket = true
        try execute("UPDATE bucket SET account = ?, name = ? WHERE id = ?", [account, name, bucket.id])
    }
}

extension AzureCall {
    /// Brings a deleted container back under the name it had.
    func undeleteContainer() async throws -> HTTPReply {
        guard let name = request.header("x-ms-deleted-container-name") else {
            throw AzureError.missingHeader("x-ms-deleted-container-name")
        }
        guard let version = request.header("x-ms-deleted-container-version") else {
            throw AzureError.missingHeader("x-ms-deleted-container-version")
        }
        guard name == address.container else {
            throw AzureError.invalidHeader("x-ms-deleted-container-name", name)
        }
        let (space, account) = (namespace, address.account)
        let container = try await store.write { transaction in
            if try transaction.bucket(name, account: space) != nil { throw AzureError.containerAlreadyExists }
            let row = DeletedContainers.rowName(name, version: version)
            let policy = try SoftDelete(transaction, account: account)
            guard
                var container = try transaction.bucket(row, account: DeletedContainers(of: space).namespace),
                policy.keeps(container.fields, transaction.now)
            else { throw AzureError.containerNotFound }
            policy.mark(&container.fields, deletedAt: nil)
            try transaction.update(container)
            try transaction.rename(container, to: name, account: space)
            return container
        }
        return written(container, status: 201)
    }
}
