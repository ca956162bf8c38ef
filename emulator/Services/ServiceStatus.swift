/// What the dashboard shows of one service.
struct ServiceStatus: Sendable, Equatable {
    /// The life of a supervised process; a service inside the emulator is `running`, one elsewhere `external`.
    enum Phase: String, Sendable {
        case starting, running, restarting, stopped, external
    }

    var name: String
    var phase: Phase
    /// Its process id, when it is a process of its own and runs.
    var process: Int32?
    /// How often it ended unexpectedly and was started again.
    var restarts = 0
    /// Where it listens, without secrets.
    var address: String
}
