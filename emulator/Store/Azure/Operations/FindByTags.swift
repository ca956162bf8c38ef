import XML

extension AzureCall {
    /// So many blobs are looked at for one page; where more are left, the answer says where to go on.
    private static let scanLimit = 20_000

    /// Blobs of the account, or of one container, whose tags meet a condition.
    func findByTags() throws -> HTTPReply {
        let text = request.parameter("where") ?? ""
        let expression: TagExpression
        do { expression = try TagExpression(text, for: .search) } catch {
            throw AzureError(400, "InvalidQueryParameterValue", error.description)
        }
        let limit = min(try number("maxresults", in: 1...Int(Int32.max)) ?? 5000, 5000)
        let marker = try BlobMarker(decoding: request.parameter("marker") ?? "").after
        // Container and blob, parted by what no container's name holds.
        let parts = marker.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var found: [(container: String, record: ObjectRecord)] = []
        var next: String?
        try store.read { snapshot in
            let containers =
                address.container.isEmpty
                ? try snapshot.buckets(account: namespace, from: parts.first ?? "", including: true, limit: 5000)
                : [try container(snapshot)]
            var seen = 0
            for container in containers {
                var after = container.name == parts.first && parts.count == 2 ? parts[1] : ""
                while true {
                    let page = try snapshot.list(ListQuery(bucket: container.id, after: after, limit: 1000))
                    for case .object(let record) in page.entries {
                        after = record.key
                        seen += 1
                        if expression.holds(record, container: container.name) {
                            found.append((container.name, record))
                        }
                        if found.count == limit || seen == Self.scanLimit {
                            next = container.name + "/" + after
                            return
                        }
                    }
                    if !page.isTruncated { break }
                }
            }
        }
        var xml = XMLWriter()
        xml.element("EnumerationResults", ["ServiceEndpoint": endpoint]) { xml in
            xml.element("Where", text)
            xml.element("Blobs") { xml in
                for (container, record) in found {
                    xml.element("Blob") { xml in
                        xml.element("Name", record.key)
                        xml.element("ContainerName", container)
                        AzureTags.write(record.fields.all("tag:").filter { expression.names.contains($0.name) }, &xml)
                    }
                }
            }
            xml.element("NextMarker", next.map { BlobMarker(after: $0).encoded } ?? "")
        }
        return Self.document(xml)
    }
}
