import NIOHTTP1

extension AzureCall {
    func snapshotBlob() async throws -> HTTPReply {
        let metadata = try metadata()
        let call = try detached()
        let (snapshot, current) = try await store.write { transaction in
            let container = try call.find(transaction)
            guard let current = try transaction.object(container.id, call.blob) else { throw AzureError.blobNotFound }
            try call.conditions.check(current, isRead: false)
            try Lease(current.fields).allowRead(call.leaseID, .blob)
            try call.encryption.check(changes: current, in: container)
            var snapshot = current
            snapshot.kind = .snapshot
            snapshot.version = transaction.draw()
            // Two snapshots in one millisecond differ in the digits after it.
            snapshot.versionName = HTTPDate.ticks(transaction.now, fraction: snapshot.version % 10_000)
            for prefix in ["lease-", "lock-", "legal-hold"] { snapshot.fields.removeAll(prefix) }
            if !metadata.isEmpty { snapshot.fields.replaceAll("meta:", with: metadata) }
            try transaction.retain(snapshot.segments)
            try transaction.insertAside(snapshot)
            guard container.versioning == .enabled else { return (snapshot, current) }
            // A snapshot makes a version, too.
            try transaction.retain(current.segments)
            return (snapshot, try transaction.store(current, in: container))
        }
        var reply = written(current)
        reply.headers.add(name: "x-ms-snapshot", value: snapshot.versionName ?? "")
        return reply
    }

    func deleteBlob() async throws -> HTTPReply {
        let option = request.header("x-ms-delete-snapshots")?.lowercased()
        if let option {
            // An edition has no snapshots of its own.
            guard option == "include" || option == "only", try edition() == .current else {
                throw AzureError.invalidHeader("x-ms-delete-snapshots", option)
            }
        }
        let isPermanent = request.parameter("deletetype")?.lowercased() == "permanent"
        let call = try detached()
        if case .version = call.edition {
            if !grant.has("x") { throw AzureError.permissionMismatch }
        } else if !grant.has(isPermanent ? "y" : "d") {
            throw AzureError.permissionMismatch
        }
        let isKept = try await store.write { transaction in
            let container = try call.find(transaction)
            let policy = try SoftDelete(transaction, account: call.account)
            switch call.edition {
            case .current: return try deleteCurrent(call, option, container, policy, transaction)
            case .snapshot(let name):
                if isPermanent { return try Self.deleteForGood(call, name, container, transaction) }
                guard let snapshot = try transaction.snapshot(container.id, call.blob, named: name) else {
                    throw AzureError.blobNotFound
                }
                try call.conditions.check(snapshot, isRead: false)
                try BlobImmutability(snapshot).allowChange(transaction.now)
                try policy.remove(snapshot: snapshot, transaction)
                return policy.days != nil
            case .version(let name):
                guard let found = try transaction.version(container.id, call.blob, named: name) else {
                    throw AzureError.blobNotFound
                }
                try call.conditions.check(found, isRead: false)
                try BlobImmutability(found).allowChange(transaction.now)
                guard let removed = try transaction.delete(container, call.blob, versionNamed: name) else {
                    throw AzureError.blobNotFound
                }
                try transaction.emit(call.event(.deleted, "Delete", removed))
                return false
            }
        }
        return HTTPReply(202, ["x-ms-delete-type-permanent": isKept ? "false" : "true"])
    }

    /// Removes a snapshot that was deleted already and is kept.
    private static func deleteForGood(
        _ call: Detached, _ name: String, _ container: BucketRecord, _ transaction: Transaction
    ) throws -> Bool {
        let kept = try transaction.versions(container.id, call.blob)
        guard let snapshot = kept.first(where: { $0.kind == .deletedSnapshot && $0.versionName == name }) else {
            throw AzureError.blobNotFound
        }
        try transaction.removeAside(snapshot)
        return false
    }

    /// Deletes the blob itself, its snapshots or both. Whether they are kept for a while.
    private func deleteCurrent(
        _ call: Detached, _ option: String?, _ container: BucketRecord, _ policy: SoftDelete, _ transaction: Transaction
    ) throws -> Bool {
        guard let record = try transaction.object(container.id, call.blob) else { throw AzureError.blobNotFound }
        try call.conditions.check(record, isRead: false)
        try copies.allowChange(record)
        let lease = Lease(record.fields)
        if option == "only" {
            try lease.allowRead(call.leaseID, .blob)
        } else {
            try lease.allowWrite(call.leaseID, .blob)
        }
        let snapshots = try transaction.versions(container.id, call.blob).filter { $0.kind == .snapshot }
        if !snapshots.isEmpty && option == nil {
            throw AzureError(409, "SnapshotsPresent", "This operation is not permitted while the blob has snapshots.")
        }
        if snapshots.isEmpty && option == "only" { throw AzureError.blobNotFound }
        if option != "only", container.versioning == .off {
            try BlobImmutability(record).allowChange(transaction.now)
        }
        for snapshot in snapshots { try policy.remove(snapshot: snapshot, transaction) }
        if option == "only" { return policy.days != nil }
        try transaction.removeBlocks(container.id, call.blob)
        let isKept = container.versioning == .off ? try policy.keepDeleted(record, transaction) : false
        var removed = try transaction.delete(container, call.blob).removed ?? record
        removed.version = transaction.draw()
        try transaction.emit(call.event(.deleted, "Delete", removed))
        return isKept
    }
}
