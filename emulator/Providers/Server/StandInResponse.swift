import HTTPTypes
import JSON

/// A stand-in's answer.
struct StandInResponse: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        /// Written while it is made: server-sent events, or a file in pieces.
        case stream(@Sendable @concurrent (inout StreamWriter) async throws -> Void)
    }

    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: Body
    /// How it travels; nil: as the provider's knobs say for answers that are not to a call for work.
    var delivery: Delivery?

    /// Bytes of a media type.
    static func bytes(_ body: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Self {
        Self(status: status, headers: [.contentType: type], body: .bytes(body))
    }

    /// A JSON document.
    static func json(_ value: JSON, status: HTTPResponse.Status = .ok) -> Self {
        bytes(value.serialized, type: "application/json", status: status)
    }

    /// No body.
    static func empty(_ status: HTTPResponse.Status) -> Self {
        Self(status: status, headers: [:], body: .bytes([]))
    }

    /// Server-sent events (WHATWG HTML, section 9.2), sent as `write` makes them.
    static func events(_ write: @escaping @Sendable @concurrent (inout StreamWriter) async throws -> Void) -> Self {
        Self(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
            body: .stream(write))
    }

    /// The answer to a call for work, on its way as its fate has it.
    func delivered(_ delivery: Delivery) -> Self {
        var response = self
        response.delivery = delivery
        return response
    }
}
