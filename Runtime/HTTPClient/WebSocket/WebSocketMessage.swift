/// What travels over a WebSocket, put together from its frames.
package enum WebSocketMessage: Hashable, Sendable {
    case text(String)
    case binary([UInt8])

    /// How many bytes it has on the wire, without framing.
    var size: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}
