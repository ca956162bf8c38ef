import NIOCore

/// Stands before the decoder of a connection and shows what the decoder does not: that bytes of a head have come though no
/// head has, and what a text was that is no request.
final class HTTPByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The bytes that are being decoded right now; nil between reads.
    private(set) var current: ByteBuffer?
    /// Told of bytes before they are decoded.
    var onBytes: () -> Void = {}

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        current = unwrapInboundIn(data)
        onBytes()
        context.fireChannelRead(data)
        current = nil
    }
}
