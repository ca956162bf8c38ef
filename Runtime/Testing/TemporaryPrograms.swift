import Glibc

/// Where the servers' programs are.
enum TemporaryPrograms {
    /// The newest folder that holds a whole Postgres: Debian's versioned ones before PATH, which may hold only a part of it.
    static func postgres() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = (folders(in: root).compactMap { Int($0) }).sorted(by: >).map { "\(root)/\($0)/bin" }
        let candidates = versions + searchPath
        guard let folder = candidates.first(where: { isProgram($0 + "/postgres") && isProgram($0 + "/initdb") }) else {
            throw TemporaryServerError(
                "Postgres is not installed: no initdb in /usr/lib/postgresql/*/bin or PATH (install the Debian package postgresql)"
            )
        }
        return folder
    }

    static func redis() throws -> String {
        guard let folder = searchPath.first(where: { isProgram($0 + "/redis-server") }) else {
            throw TemporaryServerError(
                "Redis is not installed: no redis-server in PATH (install the Debian package redis-server)")
        }
        return folder + "/redis-server"
    }

    private static var searchPath: [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/local/bin"]
    }

    private static func isProgram(_ path: String) -> Bool {
        access(path, X_OK) == 0
    }

    private static func folders(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }
}
