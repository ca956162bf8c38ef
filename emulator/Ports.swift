/// The port of each server of one emulator.
struct Ports: Sendable, Equatable {
    var gateway: Int
    var dashboard: Int
    var s3: Int
    var blob: Int
    var queue: Int
    var postgres: Int
    var redis: Int
    var providers: Int
    var providersTLS: Int

    /// Chooses free ones, beginning with those that were asked for.
    ///
    /// - Throws: ``EmulatorError`` when none is free or the host is no address of this machine.
    init(_ options: StartOptions, notices: any Notices) throws {
        var chooser = PortChooser(host: options.host)
        func choose(_ asked: Int?, _ usual: Int, _ purpose: String) throws -> Int {
            try chooser.choose(options.wanted(asked, default: usual), for: purpose, notices: notices)
        }
        gateway = try choose(options.port, 7071, "the gateway (--port)")
        dashboard = try choose(options.dashboardPort, 7072, "the dashboard (--dashboard-port)")
        s3 = try choose(options.s3Port, 9000, "S3 (--s3-port)")
        blob = try choose(options.blobPort, 10_000, "Azure Blob (--blob-port)")
        queue = try choose(options.queuePort, 10_001, "Azure Queue (--queue-port)")
        postgres = try choose(options.postgresPort, 54_320, "Postgres (--postgres-port)")
        redis = try choose(options.redisPort, 63_790, "Redis (--redis-port)")
        providers = try choose(options.providersPort, 7080, "the provider stand-ins (--providers-port)")
        providersTLS = try choose(
            options.providersTLSPort, 7081, "the provider stand-ins over TLS (--providers-tls-port)")
    }
}
