/// The answer to an HTTP request.
///
/// `Body` is an `Encodable` type (JSON), ``NoBody``, ``RawBody`` or ``StreamBody``.
public struct Response<Body: Encodable & Sendable>: Sendable {
    /// The status, 200 to 599.
    public var status: Int
    /// The header fields; `content-type` is set from the body unless it is here.
    public var headers: Headers
    /// The body, when there is one.
    public var body: Body?

    /// - Parameters:
    ///   - status: the status, 200 to 599.
    ///   - headers: header fields beside `content-type` and `content-length`.
    ///   - body: the body, or nil for none.
    public init(status: Int, headers: Headers = [:], body: Body? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// 200 with a body.
    public static func ok(_ body: Body, headers: Headers = [:]) -> Self {
        Self(status: 200, headers: headers, body: body)
    }

    /// 201 with the new resource and its place.
    public static func created(_ body: Body, location: String) -> Self {
        Self(status: 201, headers: ["location": location], body: body)
    }

    /// 202: the work has been taken on and is not finished; `location` tells where to look.
    public static func accepted(_ body: Body, location: String? = nil) -> Self {
        Self(status: 202, headers: location.map { ["location": $0] } ?? [:], body: body)
    }

    /// 204: done, and there is nothing to say.
    public static var noContent: Self { Self(status: 204) }

    /// A redirect to another address: 302 unless said otherwise.
    public static func redirect(to location: String, status: Int = 302) -> Self {
        Self(status: status, headers: ["location": location])
    }
}

extension Response where Body == RawBody {
    /// Bytes as they are, with their media type.
    public static func raw(_ bytes: [UInt8], type: String, status: Int = 200, headers: Headers = [:]) -> Self {
        Self(status: status, headers: headers, body: RawBody(bytes, type: type))
    }
}

extension Response where Body == StreamBody {
    /// A body that is written while it is made. Writing waits while the client does not read.
    ///
    /// - Parameters:
    ///   - type: the media type.
    ///   - status: the status.
    ///   - headers: further header fields.
    ///   - produce: writes the body; its return ends the body, an error breaks it off.
    public static func stream(
        type: String, status: Int = 200, headers: Headers = [:],
        _ produce: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> Self {
        Self(status: status, headers: headers, body: StreamBody(type: type, produce))
    }
}
