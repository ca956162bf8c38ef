import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A real HTTP/1.1 server on a free loopback port.
enum TestServer {
    typealias Responder = @concurrent @Sendable (Request, consuming ResponseWriter, any Channel) async throws -> Void

    static func run<Value: Sendable>(
        _ responder: @escaping Responder, _ body: @Sendable (_ url: String) async throws -> Value
    ) async throws -> Value {
        let (ports, announce) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "test-server")
        logger.logLevel = .critical
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger, responder: responder
        ) { announce.yield($0.localAddress!.port!) }
        // It runs until the process ends: canceling it traps in NIO when a connection was accepted and not yet handled.
        Task { try await server.run() }
        let port = await ports.first { _ in true }!
        return try await body("http://127.0.0.1:\(port)")
    }
}

extension ResponseWriter {
    /// A whole answer at once.
    @concurrent consuming func answer(
        _ status: HTTPResponse.Status = .ok, _ text: String = "", _ headers: HTTPFields = [:]
    ) async throws {
        var headers = headers
        headers[.contentLength] = "\(text.utf8.count)"
        var writer = try await writeHead(HTTPResponse(status: status, headerFields: headers))
        if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
        try await writer.finish(nil)
    }
}

extension Request {
    /// The whole body as text.
    func text() async throws -> String {
        String(buffer: try await body.collect(upTo: 64 << 20))
    }
}
