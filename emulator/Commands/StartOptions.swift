import ArgumentParser

/// Everything `emulator start` can be told.
struct StartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The gateway: the page and the functions' HTTP routes. 0: any free port, for every server.", valueName: "n")
    )
    var port = 7071

    @Option(help: ArgumentHelp("The dashboard (default: 7072).", valueName: "n"))
    var dashboardPort: Int?

    @Option(help: ArgumentHelp("The object store's S3 dialect (default: 9000).", valueName: "n"))
    var s3Port: Int?

    @Option(help: ArgumentHelp("The object store's Azure Blob dialect (default: 10000).", valueName: "n"))
    var blobPort: Int?

    @Option(help: ArgumentHelp("The queues' Azure Queue dialect (default: 10001).", valueName: "n"))
    var queuePort: Int?

    @Option(help: ArgumentHelp("The private Postgres (default: 54320).", valueName: "n"))
    var postgresPort: Int?

    @Option(help: ArgumentHelp("The private Redis (default: 63790).", valueName: "n"))
    var redisPort: Int?

    @Option(help: ArgumentHelp("The stand-ins for the AI providers (default: 7080).", valueName: "n"))
    var providersPort: Int?

    @Option(
        name: .customLong("providers-tls-port"),
        help: ArgumentHelp(
            "The same over TLS, for clients that speak nothing else, such as fal.ai's (default: 7081).", valueName: "n")
    )
    var providersTLSPort: Int?

    @Option(
        help: ArgumentHelp(
            "The IPv4 address to listen on; Postgres and Redis are on the loopback interface in any case.",
            valueName: "address"))
    var host = "127.0.0.1"

    @OptionGroup var functions: FunctionOptions

    @Option(
        help: ArgumentHelp(
            "The folder with the database migrations.",
            discussion: "Default: infra/migrations of the package that the functions were built from.",
            valueName: "folder"))
    var migrations: String?

    @Option(
        help: ArgumentHelp(
            "Variables for the functions, a NAME=value on each line (default: .env, when there is one).",
            valueName: "file"))
    var envFile: String?

    @Option(help: "The dialect in which the functions speak to the object store: s3 or azure.")
    var storage = StorageDialect.s3

    @Flag(help: "Do not rebuild changed sources and do not take over new builds.")
    var noReload = false

    @OptionGroup var store: StoreStartOptions

    @Flag(help: "Show warnings and errors only.")
    var quiet = false

    func validate() throws {
        for (name, port) in [
            ("--port", port), ("--dashboard-port", dashboardPort), ("--s3-port", s3Port), ("--blob-port", blobPort),
            ("--queue-port", queuePort),
            ("--postgres-port", postgresPort), ("--redis-port", redisPort), ("--providers-port", providersPort),
            ("--providers-tls-port", providersTLSPort),
        ] {
            if let port, !(0...65_535).contains(port) {
                throw ValidationError("\(name) \(port) is no port: it goes from 0 (any free one) to 65535")
            }
        }
    }

    /// The port to try first for one server: with `--port 0` every server that was not given one gets any free one.
    func wanted(_ asked: Int?, default usual: Int) -> Int {
        asked ?? (port == 0 ? 0 : usual)
    }
}
