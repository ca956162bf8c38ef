import FunctionRuntime
import HummingbirdCore
package import Logging
package import NIOCore
import ServiceLifecycle
import Synchronization

/// The HTTP side of a host: a server whose routes are the HTTP triggers of functions.
package final class HTTPTrigger: Service {
    let options: HTTPOptions
    private let group: any EventLoopGroup
    private let logger: Logger
    private let responder: HTTPResponder
    private let bound = Mutex<Int?>(nil)
    private let onBound: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - functions: Those with HTTP triggers; others are passed over.
    ///   - localPrefix: Where the paths begin that `local` may answer.
    ///   - local: Answers requests that no function has a route for.
    ///   - onBound: Called with the port once the server listens.
    /// - Throws: `RouteError` when two routes collide or one is malformed.
    package init(
        functions: [HTTPFunction], options: HTTPOptions = HTTPOptions(), group: any EventLoopGroup,
        logger: Logger = Logger(label: "http"), localPrefix: String = "/_host/",
        local: @escaping HTTPLocalResponder = { _ in nil },
        onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(RouteError) {
        self.options = options
        self.group = group
        self.logger = logger
        self.onBound = onBound
        responder = HTTPResponder(
            options: options, routes: try Self.table(functions), localPrefix: localPrefix, local: local)
    }

    /// The port it listens on; nil until it does.
    package var port: Int? { bound.withLock { $0 } }

    /// Serves other functions from the next request on.
    /// - Throws: `RouteError`; then nothing has changed.
    package func update(_ functions: [HTTPFunction]) throws(RouteError) {
        responder.routes = try Self.table(functions)
    }

    /// Listens until the service group stops; requests that are being answered then are answered.
    package func run() async throws {
        let server = Server(
            childChannelSetup: HTTPConnectionSetup(responder: responder, options: options),
            configuration: ServerConfiguration(address: .hostname(options.host, port: options.port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                self.bound.withLock { $0 = port }
                self.onBound(port)
            },
            eventLoopGroup: group, logger: logger)
        try await server.run()
    }

    static func table(_ functions: [HTTPFunction]) throws(RouteError) -> RouteTable<HTTPFunction> {
        var table = RouteTable<HTTPFunction>()
        for function in functions {
            for trigger in function.description.triggers {
                guard case .http(let method, let path) = trigger else { continue }
                do throws(RouteError) {
                    try table.add(method.rawValue, RoutePattern(path), function)
                } catch {
                    throw RouteError(message: "\(function.description.name): \(error.message)")
                }
            }
        }
        return table
    }
}
