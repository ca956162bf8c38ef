import FoundationEssentials
import Glibc

/// The files of the private Postgres: made on the first start, recognised as ours on every later one.
struct PostgresCluster: Sendable {
    /// The file that says that an emulator made this cluster.
    static let marker = "darkroom-emulator"
    /// The superuser and the database that functions use.
    static let name = "darkroom"

    /// Where the cluster is.
    let path: String
    /// The folder with `postgres` and `initdb`.
    let programs: String
    /// Whom the server runs as; nil: as the emulator's own user.
    let account: ServiceAccount?

    /// Finds the cluster of a data folder, or makes it.
    ///
    /// - Throws: ``EmulatorError`` when Postgres is missing, or the folder holds a cluster that is not ours, of another
    ///   version, or of another user.
    static func open(in data: DataFolder, programs: ServerPrograms, notices: any Notices) async throws
        -> PostgresCluster
    {
        let account = try ServiceAccount.forServers()
        let path = try location(in: data, account: account, notices: notices)
        let existing = try version(of: path, owner: account?.user ?? geteuid())
        let cluster = PostgresCluster(path: path, programs: try programs.postgres(major: existing), account: account)
        if existing == nil {
            notices.info("making the Postgres cluster in \(path)")
            try await cluster.initialize(log: data.logs + "/initdb.log")
        }
        return cluster
    }

    /// The cluster's path: in the data folder, or, when the account cannot reach that, where it can.
    private static func location(in data: DataFolder, account: ServiceAccount?, notices: any Notices) throws -> String {
        guard let account, let barrier = account.barrier(onTheWayTo: data.postgres) else { return data.postgres }
        let path = try DistantFolder.folder(for: data) + "/postgres"
        notices.info(
            "the account \(account.name), which runs Postgres, cannot enter \(barrier): the cluster is in \(path)")
        return path
    }

    /// The major version of an existing cluster; nil when there is none yet.
    private static func version(of path: String, owner: uid_t) throws -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let remedy = "move it away, or choose another folder with --data, or set DATABASE_URL"
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw EmulatorError(
                "\(path) is to be the folder of a Postgres cluster, and cannot be read as one: \(remedy)")
        }
        if files.isEmpty {
            rmdir(path)
            return nil
        }
        guard files.contains(marker), let text = TextFile.read(path + "/PG_VERSION") else {
            throw EmulatorError("\(path) holds a Postgres cluster or files that no emulator made: \(remedy)")
        }
        guard status.st_uid == owner else {
            let name = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) } ?? "number \(status.st_uid)"
            throw EmulatorError(
                "the Postgres cluster \(path) belongs to the account \(name): start the emulator as it was started before, or \(remedy)"
            )
        }
        guard let major = Int(text.split(whereSeparator: { !$0.isNumber }).first ?? "") else {
            throw EmulatorError("\(path)/PG_VERSION does not name a version: \(remedy)")
        }
        return major
    }

    /// Makes the cluster beside its place and moves it there when it is whole, so that an interrupted first start leaves
    /// nothing half made.
    private func initialize(log: String) async throws {
        let fresh = path + ".new"
        try? FileManager.default.removeItem(atPath: fresh)  // an interrupted attempt; usually there is none
        guard mkdir(fresh, 0o700) == 0 else { throw EmulatorError("cannot make \(fresh): \(SystemMessage.last)") }
        try account?.takeOver(fresh)
        let process = try await ServerProcess.start(
            ServerCommand(
                name: "initdb", executable: programs + "/initdb",
                arguments: [
                    "--pgdata", fresh, "--username", Self.name, "--auth", "trust", "--encoding", "UTF8", "--locale",
                    "C.UTF-8",
                ],
                directory: "/", log: log, account: account, stopSignal: SIGTERM, killSignal: SIGKILL))
        let status = await process.ended()
        guard status == 0 else {
            let lines = TextFile.lastLines(of: log, count: 5) ?? []
            throw EmulatorError(
                "initdb could not make the Postgres cluster (\(SupervisedServer.words(for: status))). "
                    + "Its log (\(log)) ends:\n" + lines.map { "    \($0)" }.joined(separator: "\n"))
        }
        try TextFile.write("made by the Darkroom emulator\n", to: fresh + "/" + Self.marker)
        guard rename(fresh, path) == 0 else { throw EmulatorError("cannot make \(path): \(SystemMessage.last)") }
    }

    /// Ends what a killed emulator may have left on the cluster: a server that is still stopping, or a stale `postmaster.pid`.
    func clear(notices: any Notices) async throws {
        guard let pid = postmaster else { return }
        guard Self.folder(of: pid) == path else {
            unlink(path + "/postmaster.pid")
            return
        }
        notices.info("a Postgres of an earlier emulator (process \(pid)) still runs on \(path): stopping it")
        let clock = ContinuousClock()
        let started = clock.now
        kill(pid, SIGINT)
        while Self.folder(of: pid) == path {
            let waited = clock.now - started
            if waited > .seconds(10) { kill(pid, SIGQUIT) }
            if waited > .seconds(20) {
                throw EmulatorError(
                    "process \(pid) runs Postgres on \(path) and does not end: stop it (kill -9 \(pid))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The server on a port of the loopback interface.
    func command(port: Int, log: String) -> ServerCommand {
        let settings = [
            "listen_addresses": "127.0.0.1", "port": "\(port)", "unix_socket_directories": "",
            "max_connections": "400", "shared_buffers": "32MB", "wal_level": "minimal", "max_wal_senders": "0",
            "min_wal_size": "32MB", "max_wal_size": "256MB", "max_worker_processes": "2", "autovacuum_max_workers": "1",
            "jit": "off", "timezone": "UTC", "log_timezone": "UTC", "log_min_messages": "warning",
            "logging_collector": "off",
        ]
        return ServerCommand(
            name: "Postgres", executable: programs + "/postgres",
            arguments: ["-D", path] + settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] },
            directory: path, log: log, account: account, stopSignal: SIGINT, killSignal: SIGQUIT)
    }

    /// Whether the server that runs on the cluster accepts connections: what `postmaster.pid` says, as `pg_ctl` reads it.
    var isReady: Bool {
        guard
            let lines = TextFile.read(path + "/postmaster.pid")?.split(
                separator: "\n", omittingEmptySubsequences: false),
            lines.count >= 8, let pid = pid_t(lines[0]), Self.folder(of: pid) == path
        else { return false }
        return lines[7].hasPrefix("ready")
    }

    /// The process id in `postmaster.pid`.
    private var postmaster: pid_t? {
        TextFile.read(path + "/postmaster.pid")?.split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// The working folder of a process: a postmaster's is its cluster. Nil when there is no such process.
    private static func folder(of pid: pid_t) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
    }
}
