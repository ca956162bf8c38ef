/// A private server process: what to run, as whom, and how it is told to end.
struct ServerCommand: Sendable {
    /// What people call it: "Postgres".
    var name: String
    /// Absolute path of the program.
    var executable: String
    /// Arguments after the program's own name.
    var arguments: [String]
    /// The whole environment; nothing is inherited.
    var environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
    /// The working directory.
    var directory: String
    /// The file that its standard output and standard error are appended to.
    var log: String
    /// Whom it runs as; nil: as the emulator's own user.
    var account: ServiceAccount?
    /// Asks it to finish in order.
    var stopSignal: Int32
    /// Ends it when it does not follow `stopSignal`.
    var killSignal: Int32
}
