import JSON
import NIOCore
import NIOHTTP1

/// MinIO's Listen stream: one line of JSON for each event, for as long as the client stays
/// (https://min.io/docs/minio/linux/developers/python/API.html, `listen_bucket_notification`).
extension S3Call {
    /// Consumers of streams have names of their own, which end with the stream.
    static let listenerPrefix = "listen:"

    func listenNotification() throws -> HTTPReply {
        let events = request.query.filter { $0.name == "events" }.map(\.value)
        if let unknown = events.first(where: { !ListenFilter.isKnown($0) }) {
            throw S3Error.invalidArgument(
                "A specified event is not supported for notifications.", name: "events", value: unknown)
        }
        // Without a bucket: what happens in the caller's own.
        guard let user else { throw S3Error.accessDenied }
        if !bucketName.isEmpty { try authorize("s3:ListenBucketNotification") }
        let filter = ListenFilter(
            bucket: bucketName.isEmpty ? nil : bucketName, events: events, prefix: request.parameter("prefix") ?? "",
            suffix: request.parameter("suffix") ?? "")
        let ping = try number("ping", in: 1...3600)
        let name = Self.listenerPrefix + request.id
        let (store, region, peer) = (store, options.region, request.peer)
        let (endpoint, agent) = ("http://" + (request.header("host") ?? ""), request.header("user-agent") ?? "")
        return HTTPReply(
            200, ["Content-Type": "text/event-stream"],
            body: .stream { writer in
                let sequence = try await store.events.subscribe(name)
                do {
                    try await withThrowingTaskGroup { group in
                        // Blanks between the lines tell a client that nothing happens, and the store that it left.
                        group.addTask {
                            let mark = ByteBuffer(string: ping == nil ? " " : "{\"Records\":[]}\n")
                            while true {
                                try await writer.write(mark)
                                try await Task.sleep(for: ping.map { .seconds($0) } ?? .milliseconds(500))
                            }
                        }
                        group.addTask {
                            for try await event in sequence {
                                let isMine = try filter.bucket != nil || store.bucket(event.bucket)?.owner == user.id
                                if isMine && filter.matches(event) {
                                    let record = event.record(
                                        region: region, endpoint: endpoint, peer: peer, userAgent: agent)
                                    let line: JSON = ["Records": [record]]
                                    try await writer.write(ByteBuffer(bytes: line.serialized + [UInt8(ascii: "\n")]))
                                }
                                try await store.events.acknowledge(event)
                            }
                        }
                        defer { group.cancelAll() }
                        try await group.next()
                    }
                } catch {
                    // The client left, or the server ends.
                    try await store.events.unsubscribe(name)
                    throw error
                }
                try await store.events.unsubscribe(name)
            })
    }
}
