import NIOCore
import XML

extension AzureCall {
    private static let pageLimit = 5000
    private static let knownIncludes: Set<String> = [
        "metadata", "snapshots", "uncommittedblobs", "copy", "deleted", "tags", "versions", "deletedwithversions",
        "immutabilitypolicy", "legalhold", "permissions",
    ]

    func listBlobs() throws -> HTTPReply {
        let prefix = request.parameter("prefix") ?? ""
        let delimiter = request.parameter("delimiter") ?? ""
        let marker = request.parameter("marker") ?? ""
        let limit = min(try number("maxresults", in: 1...Int(Int32.max)) ?? Self.pageLimit, Self.pageLimit)
        let includes = Set((request.parameter("include") ?? "").split(separator: ",").map { $0.lowercased() })
        if let unknown = includes.first(where: { !Self.knownIncludes.contains($0) }) {
            throw AzureError.invalidQuery("include", unknown)
        }
        let start = try BlobMarker(decoding: marker)
        let (from, end) = (request.parameter("startFrom") ?? "", request.parameter("endBefore") ?? "")
        let (page, policy) = try store.read { snapshot in
            let container = try container(snapshot)
            let policy = try SoftDelete(snapshot, account: address.account)
            let inclusion = BlobPage.Inclusion(
                snapshots: includes.contains("snapshots"), versions: includes.contains("versions"),
                uncommitted: includes.contains("uncommittedblobs"),
                deletedWithVersions: includes.contains("deletedwithversions"),
                deleted: includes.contains("deleted") ? { policy.keeps($0.fields, Clock.milliseconds()) } : nil)
            let query = ListQuery(
                bucket: container.id, prefix: prefix, delimiter: delimiter, from: from, limit: limit)
            return (try BlobPage(snapshot, query, after: start, inclusion), policy)
        }
        let isAtEnd = page.entries.last.map { !end.isEmpty && !$0.name.precedes(end) } ?? false
        var xml = XMLWriter()
        xml.element("EnumerationResults", ["ServiceEndpoint": endpoint, "ContainerName": address.container]) { xml in
            if !prefix.isEmpty { xml.element("Prefix", prefix) }
            if !marker.isEmpty { xml.element("Marker", marker) }
            if let text = request.parameter("maxresults") { xml.element("MaxResults", text) }
            if !delimiter.isEmpty { xml.element("Delimiter", delimiter) }
            xml.element("Blobs") { xml in
                for entry in page.entries where end.isEmpty || entry.name.precedes(end) {
                    switch entry {
                    case .prefix(let prefix): xml.element("BlobPrefix") { Self.writeName(prefix, &$0) }
                    case .blob(let record, let role): write(record, role, includes, policy, &xml)
                    case .uncommitted(let name): writeUncommitted(name, &xml)
                    }
                }
            }
            xml.element("NextMarker", isAtEnd ? "" : page.next?.encoded ?? "")
        }
        return Self.document(xml)
    }

    private static func writeName(_ name: String, _ xml: inout XMLWriter) {
        if XMLWriter.canExpress(name) {
            xml.element("Name", name)
        } else {
            xml.element("Name", ["Encoded": "true"]) { $0.text(PercentEncoding.encode(name)) }
        }
    }

    private func writeUncommitted(_ name: String, _ xml: inout XMLWriter) {
        xml.element("Blob") { xml in
            Self.writeName(name, &xml)
            xml.element("Properties") { xml in
                xml.element("Content-Length", "0")
                xml.element("BlobType", "BlockBlob")
            }
        }
    }

    private func write(
        _ record: ObjectRecord, _ role: BlobPage.Role, _ includes: Set<String>, _ policy: SoftDelete,
        _ xml: inout XMLWriter
    ) {
        xml.element("Blob") { xml in
            Self.writeName(record.key, &xml)
            if record.fields["deleted-time"] != nil { xml.element("Deleted", "true") }
            if record.kind == .snapshot || record.kind == .deletedSnapshot {
                xml.element("Snapshot", record.versionName ?? "")
            }
            if record.kind == .object, includes.contains("versions") || role == .versionsOnly,
                let version = record.versionName
            {
                xml.element("VersionId", version)
                if role == .current { xml.element("IsCurrentVersion", "true") }
            }
            if role == .versionsOnly { xml.element("HasVersionsOnly", "true") }
            xml.element("Properties") { writeProperties(record, includes, policy, &$0) }
            let metadata = record.fields.all("meta:")
            if includes.contains("metadata") {
                if metadata.isEmpty {
                    xml.element("Metadata")
                } else {
                    xml.element("Metadata") { xml in for (name, value) in metadata { xml.element(name, value) } }
                }
            }
            let tags = record.fields.all("tag:")
            if includes.contains("tags"), !tags.isEmpty { AzureTags.write(tags, &xml) }
        }
    }

    private func writeProperties(
        _ record: ObjectRecord, _ includes: Set<String>, _ policy: SoftDelete, _ xml: inout XMLWriter
    ) {
        xml.element("Creation-Time", HTTPDate.rfc1123(BlobProperties.created(record)))
        xml.element("Last-Modified", HTTPDate.rfc1123(record.modified))
        xml.element("Etag", record.azureETag)
        xml.element("Content-Length", String(record.size))
        for (field, _, name) in BlobProperties.content {
            xml.element(name, record.fields[field] ?? (field == "content-type" ? "application/octet-stream" : ""))
        }
        if record.blobType == "PageBlob" {
            xml.element("x-ms-blob-sequence-number", record.fields["sequence-number"] ?? "0")
        }
        xml.element("BlobType", record.blobType)
        BlobTier.write(record, &xml)
        if record.fields["sealed"] != nil { xml.element("Sealed", "true") }
        if record.kind == .object {
            let lease = Lease(record.fields)
            xml.element("LeaseStatus", lease.isLocked ? "locked" : "unlocked")
            xml.element("LeaseState", lease.state().rawValue)
            if let duration = lease.durationName { xml.element("LeaseDuration", duration) }
        }
        if includes.contains("copy") {
            let names = [
                ("id", "CopyId"), ("status", "CopyStatus"), ("source", "CopySource"), ("progress", "CopyProgress"),
                ("completion-time", "CopyCompletionTime"), ("status-description", "CopyStatusDescription"),
                ("destination-snapshot", "CopyDestinationSnapshot"),
            ]
            for (field, name) in names {
                let value = field == "status" ? copies.status(record.fields) : record.fields["copy-" + field]
                if let value { xml.element(name, value) }
            }
        }
        if record.fields["incremental-copy"] != nil { xml.element("IncrementalCopy", "true") }
        xml.element("ServerEncrypted", "true")
        if let digest = record.fields[BlobEncryption.digestField] { xml.element("CustomerProvidedKeySha256", digest) }
        if let scope = record.fields[BlobEncryption.scopeField] { xml.element("EncryptionScope", scope) }
        BlobImmutability(record).write(includes, &xml)
        policy.write(record.fields, Clock.milliseconds(), &xml)
        let tags = record.fields.all("tag:").count
        if tags > 0 { xml.element("TagCount", String(tags)) }
    }
}
