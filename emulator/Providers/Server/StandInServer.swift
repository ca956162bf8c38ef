import Cryptography
package import HTTPClient
import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves every provider's stand-in on one port, each below a path of its own, and the controls of all of them (see
/// ``StandInControls``); on a second port over TLS, where that is asked for.
package struct StandInServer: Service {
    private let host: String
    private let port: Int
    private let secure: SecureListener?
    private let logger: Logger
    private let onRunning: @Sendable (Int) async -> Void
    private let router: StandInRouter
    private let standIns: [any StandIn]

    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - port: The port, 0 for any free one.
    ///   - secure: Where to listen for TLS as well.
    ///   - httpClient: Sends webhooks and fetches input images; its address policy must allow this machine.
    ///   - logger: Where failures of the server itself go.
    ///   - onRunning: Receives the port once the server listens.
    package init(
        host: String, port: Int, secure: SecureListener? = nil, httpClient: HTTPClient, logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) {
        self.host = host
        self.port = port
        self.secure = secure
        self.logger = logger
        self.onRunning = onRunning
        let state = StandInState(outbound: Outbound(httpClient))
        standIns = StandIns.all(state)
        router = StandInRouter(state: state, standIns: standIns, logger: logger)
    }

    /// The base URL each provider's client is pointed at, by the provider's name.
    ///
    /// - Parameter securePort: the port for TLS; with it, providers whose own clients speak nothing else are named by it.
    package func baseURLs(port: Int, securePort: Int? = nil) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: standIns.map { standIn in
                let secure = standIn.wantsTLS ? securePort : nil
                return (standIn.name, base(standIn, port: secure ?? port, isSecure: secure != nil))
            })
    }

    /// How often a stand-in was asked for each action of the ledger: `submit`, `cancel`, `webhook` and so on.
    package func calls(of provider: String) -> [String: Int] {
        router.state.ledger.counts(of: provider)
    }

    /// What functions are told about each stand-in.
    package func settings(port: Int) -> [StandInSettings] {
        standIns.map { standIn in
            var settings = standIn.settings(base: base(standIn, port: port, isSecure: false))
            settings.name = standIn.name
            return settings
        }
    }

    private func base(_ standIn: any StandIn, port: Int, isSecure: Bool) -> String {
        "\(isSecure ? "https" : "http")://\(host == "0.0.0.0" ? "127.0.0.1" : host):\(port)/\(standIn.name)"
    }

    /// Serves until the service group shuts down.
    ///
    /// - Throws: When a port cannot be bound, or the certificate's file not be written.
    package func run() async throws {
        let plain = try server(port, encryption: nil, onRunning)
        var encrypted: (any Service)?
        if let secure {
            let credentials = try ServerCredentials(names: ["localhost"], addresses: ["127.0.0.1", "::1", host])
            try CertificateFile.write(credentials.authority, to: secure.authority)
            let context = try TLSContext(credentials)
            encrypted = try server(secure.port, encryption: { TLSHandler(context) }, secure.onRunning)
        }
        try await withThrowingTaskGroup { group in
            for standIn in standIns { group.addTask { await standIn.run() } }
            if let encrypted { group.addTask { try await encrypted.run() } }
            try await plain.run()
            group.cancelAll()
        }
    }

    private func server(
        _ port: Int, encryption: (@Sendable () -> any ChannelHandler)?,
        _ onRunning: @escaping @Sendable (Int) async -> Void
    ) throws -> any Service {
        let builder = HTTPServerBuilder { responder in
            StandInChannel(responder: responder, sockets: router.socket, encryption: encryption)
        }
        return try builder.buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port), serverName: nil),
            eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: logger,
            responder: { request, response, _ in try await router.respond(to: request, response) },
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { await onRunning(port) }
            })
    }
}
