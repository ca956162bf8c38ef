internal import HTTPClient
internal import JSON

/// One message of ComfyUI's WebSocket, as far as it is about one prompt
/// (https://docs.comfy.org/development/comfyui-server/comms_messages).
enum ComfyUIEvent: Hashable {
    case progress(Double)
    /// A JPEG or PNG.
    case preview([UInt8])
    case ended
    /// About another prompt, or nothing that we follow.
    case other

    /// What cannot be read is nothing that we follow: events are hints, and the history tells what became of the prompt.
    init(_ message: WebSocketMessage, of prompt: String) {
        switch message {
        case .text(let text): self = (try? JSON(parsing: text.utf8)).map { Self.read($0, of: prompt) } ?? .other
        case .binary(let bytes): self = Self.read(bytes[...], of: prompt)
        }
    }

    private static func read(_ json: JSON, of prompt: String) -> ComfyUIEvent {
        let data = json["data"] ?? .null
        // Older versions send progress without an id, to the one client it concerns.
        guard data["prompt_id"]?.string ?? prompt == prompt else { return .other }
        switch json["type"]?.string {
        case "progress":
            guard let value = data["value"]?.double, let most = data["max"]?.double, most >= 1 else { return .other }
            return .progress(min(max(value / most, 0), 1))
        case "execution_success", "execution_error", "execution_interrupted":
            return data["prompt_id"] == nil ? .other : .ended
        case "executing": return data["prompt_id"] != nil && data["node"] == .null ? .ended : .other
        default: return .other
        }
    }

    /// Four bytes of type, and what belongs to it.
    private static func read(_ bytes: ArraySlice<UInt8>, of prompt: String) -> ComfyUIEvent {
        var rest = bytes
        switch number(&rest) {
        case 1:
            // Four bytes of picture format follow.
            return number(&rest) == nil || rest.isEmpty ? .other : .preview(Array(rest))
        case 4:
            guard let length = number(&rest), length <= rest.count,
                let metadata = try? JSON(parsing: Array(rest.prefix(length)))
            else { return .other }
            let picture = Array(rest.dropFirst(length))
            let isOurs = metadata["prompt_id"]?.string ?? prompt == prompt
            return isOurs && !picture.isEmpty ? .preview(picture) : .other
        default: return .other
        }
    }

    /// Four bytes, the highest first.
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= 4 else { return nil }
        defer { bytes = bytes.dropFirst(4) }
        return bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
}
