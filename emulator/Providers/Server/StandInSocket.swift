import NIOCore
import NIOWebSocket

/// A WebSocket (RFC 6455) that a stand-in has accepted. Pings and the closing handshake are answered for it.
struct StandInSocket: Sendable {
    enum Message: Sendable, Hashable {
        case text(String)
        case binary([UInt8])
    }

    /// Talks over a socket; it is closed when this returns, and canceled when the client closes it.
    typealias Handler = @Sendable (StandInSocket) async throws -> Void

    /// What the client sends, until it closes.
    let messages: AsyncStream<Message>
    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    /// Sends one message in one frame.
    ///
    /// - Throws: when the client is gone.
    func send(_ message: Message) async throws {
        let frame =
            switch message {
            case .text(let text): WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
            case .binary(let bytes): WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: bytes))
            }
        try await outbound.write(frame)
    }

    /// Runs `handler` over an upgraded connection, then closes it.
    static func serve(
        _ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, _ handler: @escaping Handler
    ) async throws {
        try await channel.executeThenClose { inbound, outbound in
            let (messages, continuation) = AsyncStream.makeStream(of: Message.self)
            let socket = StandInSocket(messages: messages, outbound: outbound)
            try await withThrowingTaskGroup { group in
                group.addTask { try await handler(socket) }
                group.addTask { try await receive(inbound, outbound, continuation) }
                try await group.next()
                group.cancelAll()
            }
            var code = ByteBuffer()
            code.writeInteger(UInt16(1000))
            // The client may have gone without waiting for it.
            try? await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: code))
        }
    }

    private static func receive(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ continuation: AsyncStream<Message>.Continuation
    ) async throws {
        defer { continuation.finish() }
        for try await frame in inbound {
            let data = frame.unmaskedData
            switch frame.opcode {
            case .text: continuation.yield(.text(String(buffer: data)))
            case .binary: continuation.yield(.binary(Array(buffer: data)))
            case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: data))
            case .connectionClose: return
            default: break
            }
        }
    }
}
