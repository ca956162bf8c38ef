import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// One connection to the stand-ins: HTTP/1.1, or a WebSocket where the client asks for one and a stand-in takes it; in TLS when
/// the listener has a certificate.
struct StandInChannel: HTTPChannelHandler {
    /// What became of a connection once its first request is known.
    enum Upgrade: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case socket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, StandInSocket.Handler)
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let upgrade: EventLoopFuture<Upgrade>
    }

    let responder: HTTPChannelHandler.Responder
    /// Who takes a WebSocket; nil refuses it.
    let sockets: @Sendable (HTTPRequest) -> StandInSocket.Handler?
    /// Makes the handler that encrypts; nil: plain text.
    let encryption: (@Sendable () -> any ChannelHandler)?

    /// Bytes of one WebSocket message.
    private static let largestMessage = 16 << 20

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            if let encryption { try channel.pipeline.syncOperations.addHandler(encryption()) }
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [upgrader],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeCompletedFuture { .http(try http(channel, logger)) }
                    }))
            // The connection is read by one task, request after request.
            configuration.enablePipelining = false
            let pipeline = channel.pipeline.syncOperations
            let upgrade = try pipeline.configureUpgradableHTTPServerPipeline(configuration: configuration)
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(SocketGate { handler(for: $0) != nil }, position: .after(decoder))
            return Value(channel: channel, upgrade: upgrade)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.upgrade.get() {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .socket(let channel, let handler): try await StandInSocket.serve(channel, handler)
            }
        } catch {
            // The client is gone, or was no HTTP client; there is nobody to tell.
            logger.trace("A connection ended: \(error)")
        }
    }

    private func http(
        _ channel: any Channel, _ logger: Logger
    ) throws -> NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart> {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: encryption != nil))
        try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
        return try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    private var upgrader: NIOTypedWebSocketServerUpgrader<Upgrade> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: Self.largestMessage,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    guard let handler = handler(for: head) else { throw ConnectionDropped() }
                    let aggregator = NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 1024,
                        maxAccumulatedFrameSize: Self.largestMessage)
                    try channel.pipeline.syncOperations.addHandler(aggregator)
                    return .socket(try NIOAsyncChannel(wrappingChannelSynchronously: channel), handler)
                }
            })
    }

    private func handler(for head: HTTPRequestHead) -> StandInSocket.Handler? {
        (try? HTTPRequest(head, secure: encryption != nil, splitCookie: false)).flatMap(sockets)
    }
}
