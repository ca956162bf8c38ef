import FoundationEssentials
import FunctionRuntime
import Glibc
import Hosting
import Logging
import ServiceLifecycle
import UnixSignals

/// Stands before the functions of a container: finds them, serves their triggers, and stops in order on SIGTERM.
/// What it reads from its environment is documented in `HostConfiguration`.
@main
struct Host {
    static func main() async {
        let environment = ProcessInfo.processInfo.environment
        let logger = Logger(label: "host")
        checkArguments()
        do {
            let configuration = try HostConfiguration(environment)
            let manifest = environment[FunctionManifest.key] ?? "/tmp/functions-\(getpid()).json"
            let host = try await HostServices(
                configuration, environment: environment, manifest: manifest, logger: logger,
                onBound: { logger.info("Listening on port \($0).") })
            logger.info(
                "\(host.functions.count) functions: \(host.functions.map(\.description.name).joined(separator: " "))")
            var options = ServiceGroupConfiguration(
                services: host.services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            options.maximumGracefulShutdownDuration = .seconds(30)
            try await ServiceGroup(configuration: options).run()
        } catch let error as HostConfigurationError {
            for problem in error.problems { logger.error("\(problem)") }
            exit(78)  // EX_CONFIG (sysexits.h)
        } catch {
            logger.error("\(error)")
            exit(1)
        }
    }

    /// There are none but `--help`: a host is told everything by its environment.
    private static func checkArguments() {
        let arguments = CommandLine.arguments.dropFirst()
        guard let first = arguments.first else { return }
        let help = """
            Serves the functions of a container. Usage: host, with these environment variables:

            \(HostConfiguration.keys.map { "  \($0.name): \($0.summary)\($0.defaultText.map { $0.isEmpty ? "" : " (\($0))" } ?? "")" }
                .joined(separator: "\n"))

            """
        if arguments.count == 1, first == "--help" || first == "-h" {
            print(help, terminator: "")
            exit(0)
        }
        let message = Array("host takes no argument (\(first)).\n\(help)".utf8)
        write(STDERR_FILENO, message, message.count)
        exit(EX_USAGE)
    }
}
