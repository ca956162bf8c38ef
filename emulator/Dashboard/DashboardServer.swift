import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves the dashboard's page and API on a port of its own.
struct DashboardServer: Service {
    /// The largest event that may be handed in by hand.
    private static let bodyLimit = 16 * 1024 * 1024

    let host: String
    let port: Int
    let api: DashboardAPI
    let storage: StorageAPI
    let logger: Logger
    /// Told once it listens.
    let onRunning: @Sendable () -> Void

    func run() async throws {
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port), serverName: nil),
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: logger,
            responder: { request, writer, _ in
                let response = await respond(to: request).response
                try await writer.write(response: response.head, body: response.body)
            },
            onServerRunning: { _ in onRunning() })
        try await server.run()
    }

    private func respond(to request: Request) async -> DashboardAnswer {
        if let refusal = Self.refusal(of: request.head, host: host) { return refusal }
        do {
            let body = try await request.body.collect(upTo: Self.bodyLimit)
            let path = request.uri.path.split(separator: "/").map(String.init)
            let query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
            let parameters = Dictionary(query, uniquingKeysWith: { $1 })
            if path.starts(with: ["api", "storage"]) {
                return try await storage.respond(
                    request.method, Array(path.dropFirst(2)), query: parameters, body: Array(buffer: body))
            }
            return try await api.respond(request.method, path, query: parameters, body: Array(buffer: body))
        } catch let error as NIOTooManyBytesError {
            return .problem(.contentTooLarge, "an event has at most \(error.maxBytes ?? Self.bodyLimit) bytes")
        } catch {
            return .problem(.badRequest, "\(error)")
        }
    }

    /// The dashboard runs functions for whoever asks, so it answers no page of another origin: neither a form that posts to
    /// it nor a name that was made to point here (DNS rebinding).
    static func refusal(of head: HTTPRequest, host: String) -> DashboardAnswer? {
        let authority = head.authority ?? ""
        let name =
            authority.hasPrefix("[")
            ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        let isAddress = name.allSatisfy { $0.isNumber || $0 == "." } || name.hasPrefix("[")
        guard isAddress || name == "localhost" || name.hasSuffix(".localhost") || name == host else {
            return .problem(
                .misdirectedRequest, "the dashboard answers to its address or localhost, not to \"\(name)\"")
        }
        if let origin = head.headerFields[.origin], origin != "http://\(authority)" {
            return .problem(.forbidden, "the dashboard does not answer pages of \(origin)")
        }
        return nil
    }
}
