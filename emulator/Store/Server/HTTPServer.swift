import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// A listener that serves one dialect.
///
/// NIO without Hummingbird: signatures need the target and the headers exactly as they were sent, `Expect:
/// 100-continue` is to be answered when the body is wanted, chunked uploads carry trailers, and files go out by
/// sendfile(2), none of which Hummingbird's request and response types let through.
struct HTTPServer: Sendable {
    let host: String
    let port: Int
    let responder: any HTTPResponder
    let onBound: @Sendable (Int) async -> Void
    /// How long nothing may move on a connection.
    var idleTimeout = TimeAmount.minutes(5)

    /// Serves until the task is cancelled.
    /// - Throws: ``StoreError/cannotListen(address:reason:)``.
    func run() async throws {
        let (responder, idleTimeout) = (responder, idleTimeout)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 8192, maximum: 512 << 10)
            )
        let listener: NIOAsyncChannel<HTTPConnection, Never>
        do {
            listener = try await bootstrap.bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.configure(channel, responder, idleTimeout) }
            }
        } catch {
            throw StoreError.cannotListen(address: "\(host):\(port)", reason: "\(error)")
        }
        try await listener.executeThenClose { connections in
            await onBound(listener.channel.localAddress?.port ?? port)
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask {
                        await withTaskCancellationHandler {
                            await connection.serve()
                        } onCancel: {
                            connection.close()
                        }
                    }
                }
            }
        }
    }

    private static func configure(
        _ channel: any Channel, _ responder: any HTTPResponder, _ idleTimeout: TimeAmount
    ) throws -> HTTPConnection {
        let inbox = HTTPInbox(eventLoop: channel.eventLoop)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false)
        try pipeline.addHandler(IdleStateHandler(allTimeout: idleTimeout))
        try pipeline.addHandler(inbox)
        return HTTPConnection(channel: channel, inbox: inbox, responder: responder)
    }
}
