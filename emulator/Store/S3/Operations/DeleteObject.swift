import NIOCore
import NIOHTTP1
import XML

extension S3Call {
    func deleteObject() async throws -> HTTPReply {
        let conditions = try DeleteConditions(request)
        let version = requestedVersion()
        let bypass = try bypassesGovernance()
        let (call, key) = (Detached(self), key)
        let (outcome, bucket) = try await store.write { transaction in
            let bucket = try call.bucket(transaction)
            if let version { try Self.checkVersion(version, in: bucket) }
            return (try Self.delete(key, version, conditions, bucket, call, bypass, transaction), bucket)
        }
        var headers = HTTPHeaders()
        if let marker = outcome.marker {
            headers.add(name: "x-amz-delete-marker", value: "true")
            ObjectHeaders.addVersion(marker, bucket, to: &headers)
        } else if let removed = outcome.removed {
            if removed.kind == .deleteMarker { headers.add(name: "x-amz-delete-marker", value: "true") }
            if version != nil { ObjectHeaders.addVersion(removed, bucket, to: &headers) }
        }
        return HTTPReply(204, headers)
    }

    private static func delete(
        _ key: String, _ version: String??, _ conditions: DeleteConditions, _ bucket: BucketRecord, _ call: Detached,
        _ bypass: Bool, _ transaction: Transaction
    ) throws -> DeleteOutcome {
        if !conditions.isEmpty {
            let current = try transaction.object(bucket.id, key)
            let met =
                try version.map { try transaction.version(bucket.id, key, named: $0) }
                ?? current ?? transaction.newestVersion(bucket.id, key)
            // A condition is about something: where there is nothing, nothing happens, and no marker is made.
            guard let met else { return DeleteOutcome() }
            try conditions.check(met)
        }
        if let version {
            if let record = try transaction.version(bucket.id, key, named: version) {
                try ObjectLock(record.fields).allowDelete(bypass: bypass, transaction.now)
            }
            guard let removed = try transaction.delete(bucket, key, versionNamed: version) else {
                return DeleteOutcome()
            }
            try transaction.emit(call.event(.deleted, "Delete", removed))
            return DeleteOutcome(removed: removed)
        }
        let outcome = try transaction.delete(bucket, key)
        if let marker = outcome.marker {
            try transaction.emit(call.event(.deleted, "DeleteMarkerCreated", marker))
        } else if var removed = outcome.removed {
            removed.version = transaction.draw()
            try transaction.emit(call.event(.deleted, "Delete", removed))
        }
        return outcome
    }

    func deleteObjects() async throws -> HTTPReply {
        struct Wish: Sendable {
            let key: String
            let version: String?
            let conditions: DeleteConditions
        }
        let document = try await document(limit: 2 << 20)
        let wishes = try document.all("Object").map {
            Wish(
                key: $0["Key"] ?? "", version: $0["VersionId"].flatMap { $0.isEmpty ? nil : $0 },
                conditions: try DeleteConditions(
                    etag: $0["ETag"], modified: $0["LastModifiedTime"], size: $0["Size"]))
        }
        guard document.name == "Delete", !wishes.isEmpty, wishes.count <= 1000,
            wishes.allSatisfy({ !$0.key.isEmpty })
        else { throw S3Error.malformedXML }
        let bucket = try existingBucket()
        let refused = wishes.map { wish -> S3Error? in
            do {
                let version: String?? = wish.version.map { $0 == "null" ? .none : $0 }
                try authorize("s3:DeleteObject", on: bucket, key: wish.key, version: version)
            } catch {
                return error as? S3Error ?? .internalError
            }
            return nil
        }
        let (call, bypass) = (Detached(self), try bypassesGovernance())
        let outcomes = try await store.write { transaction in
            let bucket = try call.bucket(transaction)
            return try zip(wishes, refused).map { wish, refusal throws -> Result<DeleteOutcome, S3Error> in
                if let refusal { return .failure(refusal) }
                let version: String?? = wish.version.map { $0 == "null" ? .none : $0 }
                if bucket.versioning == .off, case .some(.some(let name)) = version {
                    return .failure(.noSuchVersion(wish.key, name))
                }
                do {
                    return .success(
                        try Self.delete(wish.key, version, wish.conditions, bucket, call, bypass, transaction))
                } catch let error as S3Error { return .failure(error) }
            }
        }
        let isQuiet = document["Quiet"]?.lowercased() == "true"
        var xml = XMLWriter()
        xml.element("DeleteResult", s3Namespace) { xml in
            for (wish, outcome) in zip(wishes, outcomes) {
                switch outcome {
                case .success(let outcome):
                    if isQuiet { continue }
                    xml.element("Deleted") { xml in
                        xml.element("Key", wish.key)
                        if let version = wish.version { xml.element("VersionId", version) }
                        let marker = outcome.marker ?? outcome.removed.flatMap { $0.kind == .deleteMarker ? $0 : nil }
                        if let marker {
                            xml.element("DeleteMarker", "true")
                            xml.element("DeleteMarkerVersionId", marker.versionName ?? "null")
                        }
                    }
                case .failure(let error):
                    xml.element("Error") { xml in
                        xml.element("Key", wish.key)
                        if let version = wish.version { xml.element("VersionId", version) }
                        xml.element("Code", error.code)
                        xml.element("Message", error.message)
                    }
                }
            }
        }
        return .xml(xml)
    }
}
