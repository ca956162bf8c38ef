import HTTPTypes
import JSON

/// A stand-in's whole answer.
struct StandInResponse: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: [UInt8]

    /// Bytes of a media type.
    static func bytes(_ body: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Self {
        Self(status: status, headers: [.contentType: type], body: body)
    }

    /// A JSON document.
    static func json(_ value: JSON, status: HTTPResponse.Status = .ok) -> Self {
        bytes(value.serialized, type: "application/json", status: status)
    }

    /// No body.
    static func empty(_ status: HTTPResponse.Status) -> Self {
        Self(status: status, headers: [:], body: [])
    }
}
