import FunctionRuntime
import Glibc
import HTTPClient
import Hosting
import JSON
import Logging
import NIOPosix
import ObjectStore
import ProviderStandIns
import Redis
import ServiceLifecycle

/// One emulator: everything wired, from the options to the group of services.
struct Emulator: Sendable {
    /// The bucket, and the container, that functions use.
    static let bucket = "darkroom"

    let addresses: Addresses
    let registry: FunctionRegistry
    let servers: PrivateServers
    /// In the order in which they start; they stop in the reverse one.
    let services: [any Service]

    /// Runs an emulator until a signal stops it.
    ///
    /// - Parameters:
    ///   - data: the data folder.
    ///   - json: whether standard output carries exactly one line, with the addresses.
    /// - Throws: ``EmulatorError`` when something is missing or wrong; everything that was started is stopped then.
    static func run(_ options: StartOptions, data path: String, json: Bool) async throws {
        signal(SIGPIPE, SIG_IGN)
        let journal = Journal()
        let console = Console(descriptor: json ? 2 : 1, least: options.quiet ? .warning : .info, journal: journal)
        try await withThrowingTaskGroup { group in
            group.addTask { try await console.run() }
            defer { journal.finish() }
            let data = try DataFolder(path)
            defer { RuntimeFile.remove(from: data) }
            let emulator = try await prepare(options, data: data, journal: journal) { emulator in
                try RuntimeFile.write(emulator.addresses, in: data)
                let text =
                    json
                    ? emulator.addresses.json.text + "\n"
                    : StartScreen.text(
                        emulator.addresses, functions: emulator.registry.entries.map(\.function.description.json),
                        data: data.path, colored: isatty(1) == 1)
                StandardStream.write(text, to: 1)
            }
            try await emulator.serve(journal: journal)
        }
    }

    /// Runs the services until a signal comes or one of them fails.
    private func serve(journal: Journal) async throws {
        var configuration = ServiceGroupConfiguration(services: services, logger: Self.logger(journal))
        configuration.maximumGracefulShutdownDuration = .seconds(30)
        let group = ServiceGroup(configuration: configuration)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask { await Shutdown.watch(group, journal: journal) }
            try await tasks.next()
            tasks.cancelAll()
        }
    }

    private static func logger(_ journal: Journal) -> Logger {
        Logger(label: "emulator") { _ in JournalLogHandler(journal: journal) }
    }
}
