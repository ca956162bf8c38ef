import XML

extension S3Call {
    func restoreObject() async throws -> HTTPReply {
        let document = try await document()
        guard document.name == "RestoreRequest" else { throw S3Error.malformedXML }
        guard let days = document["Days"].flatMap({ Int64($0) }), (1...36_500).contains(days) else {
            throw S3Error.malformedXML
        }
        let (before, _) = try store.read { try find($0) }
        guard S3Archive.holds(before) else {
            throw S3Error(
                403, "InvalidObjectState", "Restore is not allowed for the object's current storage class",
                ["StorageClass": before.fields["x-amz-storage-class"] ?? "STANDARD"])
        }
        let wasRestored = S3Archive.isRestored(before, Clock.milliseconds())
        var reply = try await changeVersion { record, now in
            record.fields[S3Archive.field] = String(LifecycleRule.due(days, after: now))
        }
        reply.status = wasRestored ? 200 : 202
        return reply
    }
}
