import NIOCore
import XML

extension AzureCall {
    func listContainers() throws -> HTTPReply {
        let prefix = request.parameter("prefix") ?? ""
        let marker = request.parameter("marker") ?? ""
        let limit = min(try number("maxresults", in: 1...Int(Int32.max)) ?? 5000, 5000)
        let includes = Set((request.parameter("include") ?? "").split(separator: ",").map { $0.lowercased() })
        let now = Clock.milliseconds()
        let (containers, policy) = try store.read { snapshot in
            var containers = try snapshot.buckets(
                account: namespace, prefix: prefix, from: marker, limit: limit + 1)
            let policy = try SoftDelete(snapshot, account: address.account)
            if includes.contains("deleted") {
                containers += try snapshot.buckets(
                    account: DeletedContainers(of: namespace).namespace, prefix: prefix, from: marker,
                    limit: limit + 1)
            }
            let logs = Self.logContainer
            if includes.contains("system") {
                let isThere = containers.contains { $0.name == logs.name }
                if !isThere, logs.name.hasPrefix(prefix), marker.precedes(logs.name) { containers.append(logs) }
            } else {
                containers.removeAll { $0.name == logs.name }
            }
            containers.sort { $0.name.precedes($1.name) }
            return (containers, policy)
        }
        func isDeleted(_ container: BucketRecord) -> Bool { container.fields["deleted-time"] != nil }
        var xml = XMLWriter()
        xml.element("EnumerationResults", ["ServiceEndpoint": endpoint]) { xml in
            if !prefix.isEmpty { xml.element("Prefix", prefix) }
            if !marker.isEmpty { xml.element("Marker", marker) }
            if let text = request.parameter("maxresults") { xml.element("MaxResults", text) }
            xml.element("Containers") { xml in
                for container in containers.prefix(limit)
                where !isDeleted(container) || policy.keeps(container.fields, now) {
                    xml.element("Container") { xml in
                        let (name, version) = DeletedContainers.parts(container.name)
                        xml.element("Name", name)
                        if isDeleted(container) {
                            xml.element("Deleted", "true")
                            xml.element("Version", version)
                        }
                        xml.element("Properties") { xml in
                            writeProperties(of: container, &xml)
                            if isDeleted(container) { policy.write(container.fields, now, &xml) }
                        }
                        let metadata = container.fields.all("meta:")
                        if includes.contains("metadata"), !metadata.isEmpty {
                            xml.element("Metadata") { xml in
                                for (name, value) in metadata { xml.element(name, value) }
                            }
                        }
                    }
                }
            }
            xml.element("NextMarker", containers.count > limit ? containers[limit - 1].name : "")
        }
        return Self.document(xml)
    }

    /// Every account has this one for its logs. It is told where system containers are asked for, also while it is not
    /// there, because nothing was logged.
    private static let logContainer = BucketRecord(
        id: 0, account: "", name: "$logs", owner: "", created: 0, modified: 0, revision: 0, fields: FieldList())

    private func writeProperties(of container: BucketRecord, _ xml: inout XMLWriter) {
        xml.element("Last-Modified", HTTPDate.rfc1123(container.modified))
        xml.element("Etag", "\"\(container.azureETag)\"")
        let lease = Lease(container.fields)
        xml.element("LeaseStatus", lease.isLocked ? "locked" : "unlocked")
        xml.element("LeaseState", lease.state().rawValue)
        if let duration = lease.durationName { xml.element("LeaseDuration", duration) }
        if let access = container.fields["public-access"] { xml.element("PublicAccess", access) }
        xml.element(
            "DefaultEncryptionScope", container.fields["default-encryption-scope"] ?? BlobEncryption.accountScope)
        xml.element("DenyEncryptionScopeOverride", container.fields["deny-encryption-scope"] ?? "false")
        xml.element("HasImmutabilityPolicy", "false")
        xml.element("HasLegalHold", "false")
        xml.element("ImmutableStorageWithVersioningEnabled", "false")
    }

    /// Where the client reached the account, as listings say.
    var endpoint: String {
        let host = request.header("host") ?? ""
        return S3Address.withoutPort(host).hasPrefix(address.account + ".")
            ? "http://\(host)/"
            : "http://\(host)/\(address.account)/"
    }
}
