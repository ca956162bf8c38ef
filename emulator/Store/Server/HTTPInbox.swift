import NIOCore
import NIOHTTP1

/// Holds what has arrived on a connection until it is asked for, and stops reading from the socket while that is much.
///
/// NIO's own asynchronous channel hops to the cooperative pool for every part; here a connection's task runs on the
/// connection's event loop, next to this handler, and takes parts without a switch of threads.
///
/// Unchecked: everything happens on the event loop.
final class HTTPInbox: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    private static let highWatermark = 1 << 20

    private let eventLoop: any EventLoop
    private var parts = CircularBuffer<HTTPServerRequestPart>()
    private var bufferedBytes = 0
    private var isReadHeld = false
    private var isClosed = false
    private var failure: (any Error)?
    private var waiter: CheckedContinuation<Void, Never>?
    private weak var context: ChannelHandlerContext?

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if bufferedBytes >= Self.highWatermark { isReadHeld = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .body(let bytes) = part { bufferedBytes += bytes.readableBytes }
        parts.append(part)
        wake()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        wake()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = error
        isClosed = true
        wake()
    }

    /// A connection on which nothing moves any more is given up: a client that stopped in the middle of its body would
    /// hold its upload for ever.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    /// The next part; nil when the client closed the connection.
    /// - Throws: what the parser found wrong.
    func next() async throws -> HTTPServerRequestPart? {
        eventLoop.assertInEventLoop()
        while parts.isEmpty {
            if let failure { throw failure }
            if isClosed { return nil }
            await withCheckedContinuation { waiter = $0 }
        }
        let part = parts.removeFirst()
        if case .body(let bytes) = part {
            bufferedBytes -= bytes.readableBytes
            if isReadHeld && bufferedBytes < Self.highWatermark / 2 {
                isReadHeld = false
                context?.read()
            }
        }
        return part
    }
}
