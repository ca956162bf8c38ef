import NIOHTTP1
import Queue
import XML

/// One authorized request to the queue service on its way to its operation.
struct QueueCall {
    let call: AzureCall
    let directory: QueueDirectory

    var name: String { call.address.container }
    var queue: Queue { directory.queue(name, call.namespace) }

    /// - Throws: 404 `QueueNotFound`.
    func existing() async throws -> QueueDirectory.Entry {
        guard let entry = try await directory.entry(name, call.namespace) else {
            throw AzureError(404, "QueueNotFound", "The specified queue does not exist.")
        }
        return entry
    }

    // MARK: Queues

    func createQueue() async throws -> HTTPReply {
        let metadata = try call.metadata()
        guard let there = try await directory.create(name, call.namespace, metadata: metadata) else {
            return HTTPReply(201)
        }
        func comparable(_ pairs: [(name: String, value: String)]) -> [String: String] {
            Dictionary(pairs.map { ($0.name.lowercased(), $0.value) }) { $1 }
        }
        guard comparable(there.metadata) == comparable(metadata) else {
            throw AzureError(409, "QueueAlreadyExists", "The specified queue already exists.")
        }
        return HTTPReply(204)
    }

    func deleteQueue() async throws -> HTTPReply {
        _ = try await existing()
        try await directory.delete(name, call.namespace)
        return HTTPReply(204)
    }

    func getMetadata() async throws -> HTTPReply {
        let entry = try await existing()
        let count = try await queue.depth().total
        var headers: HTTPHeaders = ["x-ms-approximate-messages-count": String(count), "Cache-Control": "no-cache"]
        for (name, value) in entry.metadata { headers.add(name: "x-ms-meta-" + name, value: value) }
        return HTTPReply(200, headers)
    }

    func setMetadata() async throws -> HTTPReply {
        _ = try await existing()
        try await directory.set("metadata", name, call.namespace, try call.metadata())
        return HTTPReply(204)
    }

    func getACL() async throws -> HTTPReply {
        StoredPolicies(list: try await existing().policies).document
    }

    func setACL() async throws -> HTTPReply {
        _ = try await existing()
        let policies =
            call.request.header("content-length") == "0"
            ? [] : try StoredPolicies(await call.document(limit: 64 << 10), permissions: "raup").list
        try await directory.set("policies", name, call.namespace, policies)
        return HTTPReply(204)
    }

    func listQueues() async throws -> HTTPReply {
        let request = call.request
        let (prefix, marker) = (request.parameter("prefix") ?? "", request.parameter("marker") ?? "")
        let limit = min(try call.number("maxresults", in: 1...Int(Int32.max)) ?? 5000, 5000)
        let withMetadata = (request.parameter("include") ?? "").split(separator: ",").contains("metadata")
        let names = try await directory.names(call.namespace, prefix: prefix, from: marker, limit: limit + 1)
        var metadata: [String: [(name: String, value: String)]] = [:]
        for name in names.prefix(limit) where withMetadata {
            metadata[name] = try await directory.entry(name, call.namespace)?.metadata
        }
        var xml = XMLWriter()
        xml.element("EnumerationResults", ["ServiceEndpoint": call.endpoint]) { xml in
            if !prefix.isEmpty { xml.element("Prefix", prefix) }
            if !marker.isEmpty { xml.element("Marker", marker) }
            if let text = request.parameter("maxresults") { xml.element("MaxResults", text) }
            xml.element("Queues") { xml in
                for name in names.prefix(limit) {
                    xml.element("Queue") { xml in
                        xml.element("Name", name)
                        guard let metadata = metadata[name], !metadata.isEmpty else { return }
                        xml.element("Metadata") { xml in
                            for (name, value) in metadata { xml.element(name, value) }
                        }
                    }
                }
            }
            xml.element("NextMarker", names.count > limit ? names[limit] : "")
        }
        return AzureCall.document(xml)
    }
}
