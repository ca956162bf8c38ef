package import HTTPClient
import HTTPTypes
import HummingbirdCore
import JSON
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves every provider's stand-in on one port, each below a path of its own, and the controls of all of them:
///
/// * `/replicate/…`: what `api.replicate.com` answers
/// * `GET`, `PUT /_stand-in/knobs`: how they behave (see ``Knobs``); `PUT` changes only the keys it names
/// * `GET`, `DELETE /_stand-in/calls`: every call and webhook so far, with counts (see ``CallLedger``)
package struct StandInServer: Service {
    private let host: String
    private let port: Int
    private let logger: Logger
    private let onRunning: @Sendable (Int) async -> Void
    private let state = StandInState()
    private let standIns: [any StandIn]

    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - port: The port, 0 for any free one.
    ///   - httpClient: Sends webhooks and fetches input images; its address policy must allow this machine.
    ///   - logger: Where failures of the server itself go.
    ///   - onRunning: Receives the port once the server listens.
    package init(
        host: String, port: Int, httpClient: HTTPClient, logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) {
        self.host = host
        self.port = port
        self.logger = logger
        self.onRunning = onRunning
        standIns = [ReplicateStandIn(state: state, outbound: Outbound(httpClient))]
    }

    /// The base URL each provider's client is pointed at, by the provider's name.
    package func baseURLs(port: Int) -> [String: String] {
        Dictionary(uniqueKeysWithValues: standIns.map { ($0.name, "http://\(host):\(port)/\($0.name)") })
    }

    /// Serves until the service group shuts down.
    ///
    /// - Throws: When the port cannot be bound.
    package func run() async throws {
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port), serverName: nil),
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: logger,
            responder: { request, response, _ in
                let answer = await respond(request)
                let head = HTTPResponse(status: answer.status, headerFields: answer.headers)
                try await response.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
            },
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { await onRunning(port) }
            })
        try await withThrowingTaskGroup { group in
            for standIn in standIns { group.addTask { await standIn.run() } }
            try await server.run()
            group.cancelAll()
        }
    }

    /// The largest body a stand-in takes: what OpenAI's edits allow for one picture, with room for its form.
    private static let bodyLimit = 64 * 1024 * 1024

    private func respond(_ request: Request) async -> StandInResponse {
        do {
            let body = try await request.body.collect(upTo: Self.bodyLimit)
            let path = request.uri.path.split(separator: "/").map(String.init(percentEncoded:))
            guard let first = path.first else { return .json(["stand_ins": .array(standIns.map { .string($0.name) })]) }
            if first == "_stand-in" { return try control(request.method, path.dropFirst().first, Array(buffer: body)) }
            guard let standIn = standIns.first(where: { $0.name == first }) else {
                let known = standIns.map { "/\($0.name)" }.joined(separator: ", ")
                return .json(
                    ["error": .string("There is no stand-in at /\(first). There are: \(known).")], status: .notFound)
            }
            let authority = request.head.authority ?? "\(host):\(port)"
            let query = request.uri.queryParameters.map { ($0.key.description, $0.value.description) }
            return try await standIn.respond(
                to: StandInRequest(
                    method: request.method, path: Array(path.dropFirst()),
                    query: Dictionary(query, uniquingKeysWith: { _, last in last }), headers: request.headers,
                    body: Array(buffer: body), base: "http://\(authority)/\(first)"))
        } catch let error as StandInError {
            return .json(["error": .string(error.description)], status: .badRequest)
        } catch let error as JSONError {
            return .json(["error": .string("The settings are not JSON: \(error)")], status: .badRequest)
        } catch {
            logger.error("A stand-in failed: \(error)")
            return .json(["error": .string("\(error)")], status: .internalServerError)
        }
    }

    private func control(_ method: HTTPRequest.Method, _ name: String?, _ body: [UInt8]) throws -> StandInResponse {
        switch (method, name) {
        case (.get, "knobs"): return .json(state.knobs.current.json)
        case (.put, "knobs"):
            try state.knobs.update(JSON(parsing: body))
            return .json(state.knobs.current.json)
        case (.get, "calls"): return .json(state.ledger.json)
        case (.delete, "calls"):
            state.ledger.clear()
            return .empty(.noContent)
        default:
            throw StandInError(
                "\(method) is not for this address (there are GET and PUT /_stand-in/knobs, GET and DELETE /_stand-in/calls)"
            )
        }
    }
}
