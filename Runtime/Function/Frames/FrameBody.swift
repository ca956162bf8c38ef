/// The body of an HTTP request or response as a frame carries it.
package enum FrameBody: Sendable, Hashable {
    /// There is none.
    case none
    /// Small text, within the JSON.
    case text(String)
    /// Raw bytes after the line.
    case bytes([UInt8])
    /// Chunks that follow, until an `end` frame (requests; a streamed response begins with `head`).
    case stream

    /// Bodies up to this many bytes travel within the JSON, when they are text.
    package static let textLimit = 4096

    /// The form that suits these bytes: text within the JSON when it is small, raw otherwise.
    package init(_ bytes: [UInt8]) {
        if bytes.isEmpty {
            self = .none
        } else if bytes.count <= Self.textLimit, let text = String(validating: bytes, as: UTF8.self) {
            self = .text(text)
        } else {
            self = .bytes(bytes)
        }
    }

    /// The bytes of a whole body; nil for one that is streamed.
    package var bytes: [UInt8]? {
        switch self {
        case .none: []
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .stream: nil
        }
    }
}
