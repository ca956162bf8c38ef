/// Why bytes are not a frame, or a frame cannot be sent.
package enum FrameError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A line has more bytes than a line may have.
    case lineTooLong(limit: Int)
    /// More raw bytes are announced, or to be sent, than one frame may have.
    case chunkTooLong(bytes: Int, limit: Int)
    /// The line is no JSON object with a type.
    case notAFrame(line: String, reason: String)
    /// The frame lacks something or has something wrong. `id` tells whose it was, when that could be read.
    case malformed(type: String, id: String?, reason: String)
    /// The input ended within a frame.
    case truncated(bytes: Int)

    package var description: String {
        switch self {
        case .lineTooLong(let limit): "a frame's line has more than \(limit) bytes"
        case .chunkTooLong(let bytes, let limit): "a frame with \(bytes) raw bytes; at most \(limit) are allowed"
        case .notAFrame(let line, let reason): "a line that is not a frame: \"\(line)\" (\(reason))"
        case .malformed(let type, let id, let reason):
            "a wrong \(type) frame\(id.map { " for \($0)" } ?? ""): \(reason)"
        case .truncated(let bytes): "the input ended within a frame, after \(bytes) bytes of it"
        }
    }
}
