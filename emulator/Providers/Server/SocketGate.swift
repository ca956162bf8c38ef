import NIOCore
import NIOHTTP1

/// Takes the wish for a WebSocket out of a connection's first request where nobody takes one, so that it is answered as any other:
/// NIO's upgrade gives up a connection whose upgrade is refused.
final class SocketGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let isTaken: @Sendable (HTTPRequestHead) -> Bool

    init(_ isTaken: @escaping @Sendable (HTTPRequestHead) -> Bool) {
        self.isTaken = isTaken
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if head.headers.contains(name: "upgrade"), !isTaken(head) { head.headers.remove(name: "upgrade") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
        // Only the first request can ask; what follows may be no HTTP.
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
