/// The bytes of a body as they are.
public struct RawBody: Codable, Sendable, Hashable, NonJSONBody {
    /// The bytes.
    public let bytes: [UInt8]
    /// The media type, `application/octet-stream` unless said otherwise.
    public let type: String

    static let anyType = "application/octet-stream"

    /// - Parameters:
    ///   - bytes: the bytes.
    ///   - type: the media type.
    public init(_ bytes: [UInt8], type: String = "application/octet-stream") {
        self.bytes = bytes
        self.type = type
    }
}
