import Logging

/// Walks along what the lifecycles of the buckets speak of, and does what is due.
struct LifecycleSweep: Sendable {
    private static let step = 200

    private let store: ObjectStore
    private let interval: Duration
    private let now: @Sendable () -> Int64
    private let logger = Logger(label: "object-store.lifecycle")

    /// - Parameters:
    ///   - interval: the time between two walks.
    ///   - now: milliseconds since 1970.
    init(
        _ store: ObjectStore, interval: Duration = .seconds(10),
        now: @escaping @Sendable () -> Int64 = Clock.milliseconds
    ) {
        self.store = store
        self.interval = interval
        self.now = now
    }

    /// Sweeps again and again until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do { try await sweep() } catch is CancellationError { return } catch {
                // The next walk finds everything again that this one left.
                logger.warning("what is to expire could not all be removed: \(error)")
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    /// One walk over all buckets.
    func sweep() async throws {
        var last = ""
        while true {
            let buckets = try store.read { try $0.buckets(from: last, limit: Self.step) }
            guard let end = buckets.last else { return }
            for bucket in buckets {
                let rules = try LifecycleRule.all(of: bucket)
                // A rule's objects are found by its prefix; the rest of the bucket is not looked at.
                for prefix in Set(rules.map(\.prefix)) {
                    try await sweepObjects(bucket, rules, prefix)
                    try await sweepUploads(bucket, rules, prefix)
                }
            }
            last = end.name
        }
    }

    private func sweepObjects(_ bucket: BucketRecord, _ rules: [LifecycleRule], _ prefix: String) async throws {
        let (id, name) = (bucket.id, bucket.name)
        var query = VersionQuery(bucket: bucket.id, prefix: prefix, limit: Self.step)
        while true {
            try Task.checkCancellation()
            let now = now()
            let (page, due) = try store.read { snapshot in
                let page = try snapshot.listVersions(query)
                let keys = Set(page.entries.map(\.name))
                let due = try keys.filter { key in
                    try !LifecycleRule.actions(rules, on: snapshot.history(bucket.id, key), now: now).isEmpty
                }
                return (page, due.sorted())
            }
            if !due.isEmpty {
                try await store.write { transaction in
                    // A client may have been faster: it is decided anew on what is there now.
                    guard let bucket = try transaction.bucket(name), bucket.id == id else { return }
                    let rules = try LifecycleRule.all(of: bucket)
                    for key in due { try Self.apply(rules, to: key, in: bucket, now, transaction) }
                }
            }
            guard page.isTruncated, case .version(let record, _)? = page.entries.last else { return }
            // The rest of this key's versions was looked at with the key.
            (query.afterKey, query.afterVersion) = (record.key, "")
        }
    }

    private static func apply(
        _ rules: [LifecycleRule], to key: String, in bucket: BucketRecord, _ now: Int64, _ transaction: Transaction
    ) throws {
        func tell(_ cause: String, _ record: ObjectRecord) throws {
            try transaction.emit(
                StoreEvent(
                    kind: .deleted, cause: cause, record, bucket: bucket.name, dialect: "s3",
                    requestID: RequestID.next(), principal: bucket.owner))
        }
        for action in LifecycleRule.actions(rules, on: try transaction.history(bucket.id, key), now: now) {
            switch action {
            case .remove(let name):
                if let removed = try transaction.delete(bucket, key, versionNamed: name) { try tell("Delete", removed) }
            case .expire:
                let outcome = try transaction.delete(bucket, key)
                if let marker = outcome.marker {
                    try tell("DeleteMarkerCreated", marker)
                } else if var removed = outcome.removed {
                    removed.version = transaction.draw()
                    try tell("Delete", removed)
                }
            }
        }
    }

    private func sweepUploads(_ bucket: BucketRecord, _ rules: [LifecycleRule], _ prefix: String) async throws {
        var (key, id) = ("", "")
        while true {
            try Task.checkCancellation()
            let now = now()
            let uploads = try store.read { snapshot in
                try snapshot.uploads(bucket.id, prefix: prefix, afterKey: key, afterID: id, limit: Self.step)
            }
            guard let last = uploads.last else { return }
            let due = uploads.filter { upload in rules.contains { $0.aborts(upload, now: now) } }
            if !due.isEmpty {
                try await store.write { transaction in
                    for upload in due {
                        // It may have been completed meanwhile.
                        if let upload = try transaction.upload(upload.id) { try transaction.remove(upload) }
                    }
                }
            }
            (key, id) = (last.key, last.id)
        }
    }
}

extension StoreReading {
    /// Everything of a key that clients can name, delete markers included, the newest first.
    fileprivate func history(_ bucket: Int64, _ key: String) throws -> [ObjectRecord] {
        let aside = try versions(bucket, key).filter { $0.kind == .object || $0.kind == .deleteMarker }
        return (try object(bucket, key).map { [$0] + aside } ?? aside).sorted { $0.version > $1.version }
    }
}
