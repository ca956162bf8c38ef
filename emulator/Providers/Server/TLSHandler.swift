import Cryptography
import NIOCore

/// Encrypts one connection: plain bytes above, TLS below.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let session: TLSSession

    init(_ context: TLSContext) {
        session = TLSSession(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            let plain = try session.receive(Array(buffer: unwrapInboundIn(data)))
            flushOutput(context)
            if !plain.isEmpty { context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: plain))) }
        } catch {
            flushOutput(context)
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        do {
            try session.send(Array(buffer: unwrapOutboundIn(data)))
            context.write(wrapOutboundOut(ByteBuffer(bytes: session.takeOutput())), promise: promise)
        } catch {
            promise?.fail(error)
            context.fireErrorCaught(error)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input {
            session.close()
            flushOutput(context)
        }
        context.close(mode: mode, promise: promise)
    }

    private func flushOutput(_ context: ChannelHandlerContext) {
        let output = session.takeOutput()
        if !output.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: output)), promise: nil) }
    }
}
