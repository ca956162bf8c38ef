import FoundationEssentials
import Glibc

/// Where the programs of the private servers are on this machine.
struct ServerPrograms: Sendable {
    /// Folders to look in, as `PATH` lists them.
    var searchPath: [String]
    /// Where Debian keeps one folder for each major version of Postgres.
    var postgresRoot = "/usr/lib/postgresql"

    /// The programs that the environment's `PATH` reaches.
    init(environment: [String: String]) {
        let path = environment["PATH"] ?? ""
        searchPath = path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/usr/sbin"]
    }

    /// `redis-server`, or Valkey's.
    ///
    /// - Throws: ``EmulatorError`` naming the package when there is none.
    func redis() throws -> String {
        for name in ["redis-server", "valkey-server"] {
            if let path = find(name) { return path }
        }
        throw EmulatorError(
            "Redis is not installed: install the Debian package redis-server (Homebrew: redis), or set REDIS_URL")
    }

    /// The folder with `initdb` and `postgres`.
    ///
    /// - Parameter major: the version that an existing cluster needs; nil: the newest one.
    /// - Throws: ``EmulatorError`` naming the package when there is none.
    func postgres(major: Int?) throws -> String {
        let versions = installedPostgres()
        if let major {
            if let folder = versions.first(where: { $0.major == major })?.folder { return folder }
            throw EmulatorError(
                "the data folder's Postgres cluster was made by version \(major), which is not installed"
                    + (versions.isEmpty
                        ? "" : " (version \(versions.map { "\($0.major)" }.joined(separator: ", ")) is)")
                    + ": install the Debian package postgresql-\(major), or move the cluster away to start afresh, "
                    + "or choose another folder with --data, or set DATABASE_URL")
        }
        if let folder = versions.max(by: { $0.major < $1.major })?.folder { return folder }
        throw EmulatorError(
            "Postgres is not installed: install the Debian package postgresql (Homebrew: postgresql@17), or set DATABASE_URL"
        )
    }

    private func installedPostgres() -> [(major: Int, folder: String)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: postgresRoot)) ?? []
        var found = names.compactMap { name -> (major: Int, folder: String)? in
            let folder = "\(postgresRoot)/\(name)/bin"
            guard let major = Int(name), isProgram(folder + "/initdb"), isProgram(folder + "/postgres") else {
                return nil
            }
            return (major, folder)
        }
        // Outside Debian the version is told by the server's own folder name at best: ask for the program beside initdb.
        if found.isEmpty, let initdb = find("initdb"), let resolved = realpath(initdb, nil) {
            let folder = String(String(cString: resolved).dropLast("/initdb".count))
            free(resolved)
            let digits = folder.split(separator: "/").compactMap { $0.split(separator: "@").last.flatMap { Int($0) } }
            if isProgram(folder + "/postgres") { found.append((digits.last ?? 0, folder)) }
        }
        return found
    }

    private func find(_ name: String) -> String? {
        searchPath.lazy.map { "\($0)/\(name)" }.first(where: isProgram)
    }

    private func isProgram(_ path: String) -> Bool {
        access(path, X_OK) == 0
    }
}
