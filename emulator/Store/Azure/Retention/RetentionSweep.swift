import GRDB
import Logging

/// Lets go what was deleted and is kept no longer: containers, blobs and snapshots whose retention is over.
struct RetentionSweep: Sendable {
    private static let step = 200

    private let store: ObjectStore
    private let accounts: [AzureOptions.Account]
    private let interval: Duration
    private let now: @Sendable () -> Int64
    private let logger = Logger(label: "object-store.azure")

    /// - Parameters:
    ///   - interval: the time between two sweeps.
    ///   - now: milliseconds since 1970.
    init(
        _ store: ObjectStore, _ accounts: [AzureOptions.Account], interval: Duration = .seconds(600),
        now: @escaping @Sendable () -> Int64 = Clock.milliseconds
    ) {
        (self.store, self.accounts, self.interval, self.now) = (store, accounts, interval, now)
    }

    /// Sweeps again and again until the task is cancelled.
    func run() async {
        while true {
            do { try await Task.sleep(for: interval) } catch { return }
            do { try await sweep() } catch is CancellationError { return } catch {
                // The next sweep finds everything again that this one left.
                logger.warning("what was deleted long ago could not all be removed: \(error)")
            }
        }
    }

    /// One walk over all accounts.
    func sweep() async throws {
        for (index, account) in accounts.enumerated() {
            let namespace = index == 0 ? "" : account.name
            let now = now()
            try await store.write { transaction in
                let policy = try SoftDelete(transaction, account: account.name)
                try DeletedContainers(of: namespace).purge(policy, at: now, transaction)
            }
            var last = ""
            while true {
                let containers = try store.read {
                    try $0.buckets(account: namespace, from: last, limit: Self.step)
                }
                guard let end = containers.last else { break }
                for container in containers { try await sweep(container.id, account.name) }
                last = end.name
            }
        }
    }

    private func sweep(_ container: Int64, _ account: String) async throws {
        let now = now()
        var place = (key: "", version: Int64.min)
        while true {
            try Task.checkCancellation()
            let (end, due) = try store.read { snapshot in
                let policy = try SoftDelete(snapshot, account: account)
                let page = try snapshot.deletedRecords(container, after: place, limit: Self.step)
                return (page.last, page.contains { !policy.keeps($0.fields, now) })
            }
            guard let end else { return }
            if due {
                let from = place
                try await store.write { transaction in
                    // Decided anew on what is there now.
                    let policy = try SoftDelete(transaction, account: account)
                    for record in try transaction.deletedRecords(container, after: from, limit: Self.step)
                    where !policy.keeps(record.fields, now) {
                        try transaction.removeAside(record)
                    }
                }
            }
            place = (end.key, end.version)
        }
    }
}

extension StoreReading {
    /// Deleted blobs and snapshots that are kept, in the order of their keys.
    fileprivate func deletedRecords(
        _ bucket: Int64, after place: (key: String, version: Int64), limit: Int
    ) throws -> [ObjectRecord] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT * FROM version WHERE bucket = ? AND (key, version) > (?, ?) AND kind IN (3, 4)
                    ORDER BY key, version LIMIT ?
                    """),
            arguments: [bucket, place.key, place.version, limit]
        ).map(ObjectRecord.init)
    }
}
