import HTTPClient
import HTTPTypes
import HummingbirdCore
import JSON
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import ServiceLifecycle
import Testing

@testable import ProviderStandIns

/// WebSockets that stand-ins accept, with NIO's own client at the other end.
@Suite(.timeLimit(.minutes(1)))
struct SocketTests {
    typealias Client = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    /// A stand-in that says what it hears.
    private struct Parrot: StandIn {
        let name = "parrot"

        func settings(base: String) -> StandInSettings { StandInSettings(reserved: [], values: [:]) }

        func respond(to request: StandInRequest) async throws -> StandInResponse { .json("plain") }

        func socket(for request: StandInRequest) -> StandInSocket.Handler? {
            guard request.path == ["ws"] else { return nil }
            let greeting = request.query["clientId"] ?? ""
            return { socket in
                try await socket.send(.text("hello \(greeting)"))
                for await message in socket.messages {
                    if message == .text("enough") { return }
                    try await socket.send(message)
                }
            }
        }
    }

    private func serving(_ body: @Sendable (Int) async throws -> Void) async throws {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "test")
        let router = StandInRouter(
            state: StandInState(outbound: Outbound(.init())), standIns: [Parrot()], logger: logger)
        let builder = HTTPServerBuilder { responder in
            StandInChannel(responder: responder, sockets: router.socket, encryption: nil)
        }
        let server = try builder.buildServer(
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0), serverName: nil),
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: logger,
            responder: { request, response, _ in try await router.respond(to: request, response) },
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            try await body(try #require(await ports.first { _ in true }))
            group.cancelAll()
        }
    }

    private func open(_ port: Int, _ path: String) async throws -> Client {
        let upgrade: EventLoopFuture<Client> = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketClientUpgrader<Client>(
                        upgradePipelineHandler: { channel, _ in
                            channel.eventLoop.makeCompletedFuture {
                                try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                            }
                        })
                    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
                    head.headers.add(name: "Host", value: "127.0.0.1")
                    head.headers.add(name: "Content-Length", value: "0")
                    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
                        upgradeConfiguration: .init(
                            upgradeRequestHead: head, upgraders: [upgrader],
                            notUpgradingCompletionHandler: { $0.eventLoop.makeFailedFuture(ConnectionDropped()) }))
                    // The server's first frame may come together with its answer.
                    configuration.leftOverBytesStrategy = .forwardBytes
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                        configuration: configuration)
                }
            }
        return try await upgrade.get()
    }

    private func masked(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true) -> WebSocketFrame {
        WebSocketFrame(fin: fin, opcode: opcode, maskKey: .random(), data: ByteBuffer(string: text))
    }

    @Test func `messages go both ways, in fragments too, and pings are answered`() async throws {
        try await serving { port async throws in
            let client = try await open(port, "/parrot/ws?clientId=polly")
            try await client.executeThenClose { inbound, outbound in
                var frames = inbound.makeAsyncIterator()
                func next() async throws -> (WebSocketOpcode, String)? {
                    try await frames.next(isolation: #isolation).map { ($0.opcode, String(buffer: $0.data)) }
                }
                #expect(try await next()! == (.text, "hello polly"))
                try await outbound.write(masked(.ping, "p"))
                #expect(try await next()! == (.pong, "p"))
                try await outbound.write(masked(.text, "pieces ", fin: false))
                try await outbound.write(masked(.continuation, "of eight"))
                #expect(try await next()! == (.text, "pieces of eight"))
                try await outbound.write(masked(.binary, "\u{1}"))
                #expect(try await next()! == (.binary, "\u{1}"))
                try await outbound.write(masked(.text, "enough"))
                #expect(try await next()?.0 == .connectionClose)
            }
        }
    }

    @Test func `a client that closes ends the talk`() async throws {
        try await serving { port async throws in
            let client = try await open(port, "/parrot/ws")
            try await client.executeThenClose { inbound, outbound in
                var frames = inbound.makeAsyncIterator()
                _ = try await frames.next(isolation: #isolation)
                try await outbound.write(masked(.connectionClose, ""))
                #expect(try await frames.next(isolation: #isolation)?.opcode == .connectionClose)
            }
        }
    }

    @Test(arguments: [("/parrot/elsewhere", 200), ("/nobody/ws", 404), ("/", 200)])
    func `where nobody takes a socket the request is answered as any other`(path: String, status: Int) async throws {
        try await serving { port async throws in
            let wish = [
                "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
                "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
            ]
            let answer = try await HTTPClient().send(.get, "http://127.0.0.1:\(port)\(path)", headers: wish)
            #expect(answer.status == status)
        }
    }
}
