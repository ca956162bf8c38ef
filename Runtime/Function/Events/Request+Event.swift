extension Request: Event {
    /// Reads the body and makes the request.
    public init(_ delivery: Delivery) async throws {
        guard case .http(let event) = delivery.invocation.event else {
            throw Failure.mismatch(want: "http", delivery.invocation)
        }
        self.init(
            method: event.method, path: event.path, route: event.route, parameters: event.parameters,
            query: event.query, headers: event.headers, client: event.client,
            body: try await Self.body(of: event, delivery))
    }

    /// The schema of the body; empty for bodies that are not JSON.
    public static var schema: Schema {
        Body.self is any NonJSONBody.Type ? Schema() : Schema(of: Body.self)
    }

    private static func body(of event: HTTPEvent, _ delivery: Delivery) async throws -> Body {
        if let body = NoBody() as? Body {
            delivery.stream?.discard()
            return body
        }
        if Body.self == BodyStream.self {
            let stream = delivery.stream ?? BodyStream(bytes: event.body.bytes ?? [])
            return stream as! Body
        }
        let bytes = try await bytes(of: event, delivery)
        if let raw = RawBody(bytes, type: event.headers["content-type"] ?? RawBody.anyType) as? Body { return raw }
        try JSONContentType.check(event.headers["content-type"])
        return try TypedJSON.decode(Body.self, from: bytes)
    }

    private static func bytes(of event: HTTPEvent, _ delivery: Delivery) async throws -> [UInt8] {
        if let stream = delivery.stream { return try await stream.collect(limit: delivery.bodyLimit) }
        let bytes = event.body.bytes ?? []
        guard bytes.count <= delivery.bodyLimit else { throw Failure.bodyTooLarge(limit: delivery.bodyLimit) }
        return bytes
    }
}
