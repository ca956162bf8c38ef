internal import JSON

extension Response: Answer {
    /// Writes status, header fields and body.
    public func write(to reply: Reply) async throws {
        var head = HTTPHead(status: status, headers: headers)
        switch body {
        case nil:
            try reply.finish(http: head, body: .none)
        case is NoBody:
            try reply.finish(http: head, body: .none)
        case let raw as RawBody:
            head.setDefault("content-type", raw.type)
            try await reply.finish(head, raw.bytes)
        case let stream as StreamBody:
            head.setDefault("content-type", stream.type)
            let writer = try reply.begin(head)
            try await stream.produce(writer)
            try reply.end()
        case let value?:
            head.setDefault("content-type", "application/json")
            try await reply.finish(head, TypedJSON.encode(value).serialized)
        }
    }

    /// The schema of the body; empty for bodies that are not JSON and for types that are only `Encodable`.
    public static var schema: Schema {
        guard !(Body.self is any NonJSONBody.Type), let type = Body.self as? any Decodable.Type else { return Schema() }
        return Schema(of: type)
    }
}
