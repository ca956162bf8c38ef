import FunctionRuntime
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Sets up a connection for Hummingbird's server, which listens, accepts and shuts down gracefully. The pipeline is our own:
/// see `HTTPConnectionHandler`.
struct HTTPConnectionSetup: ServerChildChannel {
    /// One connection and the requests that come on it.
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
        let exchanges: AsyncStream<HTTPExchange>
    }

    let responder: HTTPResponder
    let options: HTTPOptions

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        let (exchanges, continuation) = AsyncStream<HTTPExchange>.makeStream()
        return channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = options.headLimit
            limits.maxHeaderListSize = options.headLimit
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: HTTPResponseEncoder.Configuration(), withDecoderLimitConfiguration: limits)
            let watch = HTTPByteWatch()
            try channel.pipeline.syncOperations.addHandler(watch, position: .first)
            try channel.pipeline.syncOperations.addHandler(
                HTTPConnectionHandler(options: options, exchanges: continuation, watch: watch) { [responder] in
                    responder.refusal(of: $0)
                })
            channel.setOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1).whenFailure { error in
                logger.debug("TCP_NODELAY: \(error)")
            }
            // A large body comes in as few pieces as its stream's credit lets through at once.
            let pieces = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: FrameLimits().credit)
            channel.setOption(ChannelOptions.recvAllocator, value: pieces).whenFailure { error in
                logger.debug("The size of reads: \(error)")
            }
            return Connection(channel: channel, exchanges: exchanges)
        }
    }

    func handle(value: Connection, logger: Logger) async {
        let client = value.channel.remoteAddress?.ipAddress ?? ""
        for await exchange in value.exchanges {
            do {
                try await responder.respond(to: exchange, client: client, on: value.channel)
            } catch {
                // The client has gone: there is nobody to tell, and nothing more to answer on this connection.
                logger.trace("\(exchange.head.method) \(exchange.head.uri): \(error)")
                exchange.cancellation.cancel(.clientGone)
                break
            }
        }
    }
}
